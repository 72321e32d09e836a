// The error table: every fault a client can see, by Cinder's exception name, with its status and Cinder's words.
// https://github.com/openstack/cinder/blob/29.0.0/cinder/exception.py; test/contract compares with recorded answers.

/** Placeholders are `%(name)s`, as there, and become the parameters that `ApiError` asks for. */
export const faultTable = {
  // What the framework itself refuses.
  MalformedRequest: [
    400,
    'The server could not comply with the request since it is either malformed or otherwise incorrect.',
  ],
  MalformedBody: [400, 'Malformed request body'],
  MalformedUrl: [400, 'Malformed request url'],
  UndecodableRequest: [
    400,
    'Error decoding your request. Either the URL or the request body contained characters that could not be decoded by Cinder.',
  ],
  NoSuchAction: [
    400,
    'There is no such action: %(action)s. Verify the request body and Content-Type header and try again.',
  ],
  InvalidAPIVersionString: [
    400,
    'API Version String %(version)s is of invalid format. Must be of format MajorNum.MinorNum.',
  ],
  InvalidGlobalAPIVersion: [
    406,
    'Version %(req_ver)s is not supported by the API. Minimum is %(min_ver)s and maximum is %(max_ver)s.',
  ],
  UnsupportedContentType: [415, 'Unsupported Content-Type'],
  ResourceNotFound: [404, 'The resource could not be found.'],
  PolicyNotAuthorized: [403, "Policy doesn't allow %(action)s to be performed."],
  Internal: [500, 'The server has either erred or is incapable of performing the requested operation.'],
  IdempotencyKeyReused: [422, 'The Idempotency-Key %(key)s was used with another request body before.'],
  IdempotencyKeyInProgress: [409, 'The first request with the Idempotency-Key %(key)s is still being answered.'],
  TooManyRequests: [429, 'This project may make %(limit)s requests a minute; it has made more.'],
  BacklogFull: [
    503,
    'The service is currently unable to handle the request due to a temporary overloading or maintenance.',
  ],
  /** Cinder answers 500 here; clients repeat a 503 by themselves. */
  DatabaseAway: [503, 'The service is currently unable to handle the request: its database does not answer.'],

  // Words of the resource's own: `detail` is the whole message.
  BadRequest: [400, '%(detail)s'],
  Forbidden: [403, '%(detail)s'],
  NotFound: [404, '%(detail)s'],
  Conflict: [409, '%(detail)s'],
  /** Something of ours that the client is told about: a back-end that does not answer, a wrong default. */
  ServerError: [500, '%(detail)s'],
  NotImplementedHere: [501, '%(detail)s'],
  ValidationError: [400, '%(detail)s'],
  InvalidParameterValue: [400, '%(err)s'],
  InvalidInput: [400, 'Invalid input received: %(reason)s'],
  InvalidUUID: [400, 'Expected a UUID but received %(uuid)s.'],

  // Volumes.
  VolumeNotFound: [404, 'Volume %(volume_id)s could not be found.'],
  InvalidVolume: [400, 'Invalid volume: %(reason)s'],
  InvalidVolumeMetadata: [400, 'Invalid metadata: %(reason)s'],
  InvalidVolumeMetadataSize: [400, 'Invalid metadata size: %(reason)s'],
  VolumeMetadataNotFound: [404, 'Volume %(volume_id)s has no metadata with key %(metadata_key)s.'],
  InvalidAvailabilityZone: [400, "Availability zone '%(az)s' is invalid."],
  InvalidHost: [400, 'Invalid host: %(reason)s'],
  ImageUnacceptable: [400, 'Image %(image_id)s is unacceptable: %(reason)s'],
  ImageNotFound: [404, 'Image %(image_id)s could not be found.'],
  GlanceMetadataNotFound: [404, 'Glance metadata for volume/snapshot %(id)s cannot be found.'],
  VolumeSizeExceedsLimit: [
    413,
    'VolumeSizeExceedsLimit: Requested volume size %(size)sG is larger than maximum allowed limit %(limit)sG.',
  ],

  // Quotas: Cinder calls these faults safe to show and puts the exception's name in front.
  VolumeLimitExceeded: [
    413,
    "VolumeLimitExceeded: Maximum number of volumes allowed (%(allowed)s) exceeded for quota '%(name)s'.",
  ],
  VolumeSizeExceedsAvailableQuota: [
    413,
    'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed %(name)s quota. Requested %(requested)sG, quota is %(quota)sG and %(consumed)sG has been consumed.',
  ],
  SnapshotLimitExceeded: [413, 'SnapshotLimitExceeded: Maximum number of snapshots allowed (%(allowed)s) exceeded'],
  BackupLimitExceeded: [413, 'BackupLimitExceeded: Maximum number of backups allowed (%(allowed)s) exceeded'],
  VolumeBackupSizeExceedsAvailableQuota: [
    413,
    'VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota. Requested %(requested)sG, quota is %(quota)sG and %(consumed)sG has been consumed.',
  ],
  UnexpectedOverQuota: [413, 'UnexpectedOverQuota: Unexpected over quota on %(name)s.'],

  // Snapshots, attachments, backups.
  SnapshotNotFound: [404, 'Snapshot %(snapshot_id)s could not be found.'],
  InvalidSnapshot: [400, 'Invalid snapshot: %(reason)s'],
  SnapshotMetadataNotFound: [404, 'Snapshot %(snapshot_id)s has no metadata with key %(metadata_key)s.'],
  VolumeAttachmentNotFound: [404, 'Volume attachment could not be found with filter: %(filter)s.'],
  InvalidVolumeAttachMode: [400, "Invalid attaching mode '%(mode)s' for volume %(volume_id)s."],
  VolumeAttached: [400, 'Volume %(volume_id)s is still attached, detach volume first.'],
  ConflictNovaUsingAttachment: [
    409,
    'ConflictNovaUsingAttachment: Detach volume from instance %(instance_id)s using the Compute API',
  ],
  BackupNotFound: [404, 'Backup %(backup_id)s could not be found.'],
  InvalidBackup: [400, 'Invalid backup: %(reason)s'],
  GroupNotFound: [404, 'Group %(group_id)s could not be found.'],
  InvalidGroupType: [400, 'Invalid group type: %(reason)s'],
  InvalidGroup: [400, 'Invalid Group: %(reason)s'],
  GroupSnapshotNotFound: [404, 'GroupSnapshot %(group_snapshot_id)s could not be found.'],
  InvalidGroupSnapshot: [400, 'Invalid GroupSnapshot: %(reason)s'],
  ServerNotFound: [404, 'Instance %(uuid)s could not be found.'],

  // Types.
  VolumeTypeNotFound: [404, 'Volume type %(volume_type_id)s could not be found.'],
  VolumeTypeNotFoundByName: [404, 'Volume type with name %(volume_type_name)s could not be found.'],
  VolumeTypeExists: [409, 'Volume Type %(id)s already exists.'],
  InvalidVolumeType: [400, 'Invalid volume type: %(reason)s'],
  VolumeTypeExtraSpecsNotFound: [
    404,
    'Volume Type %(volume_type_id)s has no extra specs with key %(extra_specs_key)s.',
  ],
  VolumeTypeAccessExists: [
    409,
    'Volume type access for %(volume_type_id)s / %(project_id)s combination already exists.',
  ],
  VolumeTypeAccessNotFound: [404, 'Volume type access not found for %(volume_type_id)s / %(project_id)s combination.'],
  VolumeTypeDeletionError: [
    400,
    'The volume type %(volume_type_id)s is the only currently defined volume type and cannot be deleted.',
  ],
  VolumeTypeDefaultDeletionError: [
    400,
    'The volume type %(volume_type_id)s is a default volume type and cannot be deleted.',
  ],

  VolumeTypeEncryptionExists: [400, 'Volume type encryption for type %(type_id)s already exists.'],
  VolumeTypeEncryptionNotFound: [404, 'Volume type encryption for type %(type_id)s does not exist.'],
  VolumeTypeProjectDefaultNotFound: [404, 'Default type for project %(project_id)s not found.'],
  GroupTypeNotFound: [404, 'Group type %(group_type_id)s could not be found.'],
  GroupTypeExists: [409, 'Group Type %(id)s already exists.'],
  GroupTypeSpecsNotFound: [404, 'Group Type %(group_type_id)s has no specs with key %(group_specs_key)s.'],

  // QoS specs, transfers.
  QoSSpecsNotFound: [404, 'No such QoS spec %(specs_id)s.'],
  QoSSpecsExists: [409, 'QoS Specs %(specs_id)s already exists.'],
  QoSSpecsKeyNotFound: [404, 'QoS spec %(specs_id)s has no spec with key %(specs_key)s.'],
  InvalidQoSSpecs: [400, 'Invalid qos specs: %(reason)s'],
  TransferNotFound: [404, 'Transfer %(transfer_id)s could not be found.'],
  InvalidAuthKey: [400, 'Invalid auth key: %(reason)s'],

  // Clusters, services, messages.
  ClusterNotFound: [404, 'Cluster %(id)s could not be found.'],
  ServiceNotFound: [404, 'Service %(service_id)s could not be found.'],
  ServiceNotFoundOnHost: [404, 'Service %(service_id)s could not be found on host %(host)s.'],
  ServiceUnavailable: [400, 'Service is unavailable at this time.'],
  MessageNotFound: [404, 'Message %(message_id)s could not be found.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type FaultName = keyof typeof faultTable;

type Placeholders<Text extends string> = Text extends `${string}%(${infer Name})s${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

export type FaultParams<Name extends FaultName> = Readonly<
  Record<Placeholders<(typeof faultTable)[Name][1]>, string | number>
>;

/** A fault for the client; `new ApiError('VolumeNotFound', { volume_id: id })`. */
export class ApiError<Name extends FaultName = FaultName> extends Error {
  override readonly name: Name;
  readonly status: number;
  readonly params: Readonly<Record<string, string | number>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    name: Name,
    ...[params = {}, headers = {}]: [Placeholders<(typeof faultTable)[Name][1]>] extends [never]
      ? [params?: Record<string, never>, headers?: Readonly<Record<string, string>>]
      : [params: FaultParams<Name>, headers?: Readonly<Record<string, string>>]
  ) {
    const [status, template]: readonly [number, string] = faultTable[name];
    const values: Readonly<Record<string, string | number>> = params;
    super(template.replace(/%\((\w+)\)s/g, (_whole, key: string) => String(values[key])));
    this.name = name;
    this.status = status;
    this.params = values;
    // Cinder says so with every quota fault: trying again at once is as good as later.
    this.headers = status === 413 ? { 'Retry-After': '0', ...headers } : headers;
  }
}

const faultKeys: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

/** `{"badRequest": {"code": 400, "message": "…"}}` */
export function faultBody(error: ApiError): Readonly<Record<string, object>> {
  const { status, message, headers } = error;
  const retryAfter = status === 413 ? headers['Retry-After'] : undefined;
  const fault = { code: status, message, ...(retryAfter === undefined ? {} : { retryAfter }) };
  return { [faultKeys[status] ?? 'computeFault']: fault };
}
