// connection_info as clients get it: what the target said, Cinder's own additions, and the CHAP credentials, which no
// workflow has seen.

/** What the target's driver answers, kept without secrets. */
export interface StoredConnection {
  readonly driver_volume_type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Of shares: where the volume host mounts them. */
  readonly mount_point_base?: string;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface ConnectionFacts {
  readonly credentials: Credentials | null;
  /** The limits that the consumer has to keep to, of the volume's type. */
  readonly qosSpecs: Readonly<Record<string, string | null>> | null;
}

export interface ConnectionAdditions extends ConnectionFacts {
  /** What the volume's operators say about it: `readonly`, `attached_mode`. */
  readonly adminMetadata: Readonly<Record<string, string>>;
  readonly connector: Readonly<Record<string, unknown>> | null;
}

function dataOf(
  stored: StoredConnection,
  { adminMetadata, credentials, qosSpecs }: ConnectionAdditions,
): Record<string, unknown> {
  const chap =
    credentials && stored.driver_volume_type === 'iscsi'
      ? { auth_method: 'CHAP', auth_username: credentials.username, auth_password: credentials.password }
      : {};
  const fallbackMode = adminMetadata['readonly'] === 'True' ? 'ro' : 'rw';
  return {
    ...stored.data,
    ...chap,
    qos_specs: qosSpecs,
    access_mode: adminMetadata['attached_mode'] ?? fallbackMode,
    encrypted: false,
    cacheable: false,
  };
}

const mountPointBaseOf = ({ mount_point_base }: StoredConnection): object =>
  mount_point_base === undefined ? {} : { mount_point_base };

const multipathOf = ({ connector }: ConnectionAdditions): unknown => connector?.['enforce_multipath'] ?? false;

/** As os-initialize_connection answers it. */
export function connectionInfoView(stored: StoredConnection, additions: ConnectionAdditions): object {
  const enforceMultipath = multipathOf(additions);
  return {
    driver_volume_type: stored.driver_volume_type,
    ...mountPointBaseOf(stored),
    data: { ...dataOf(stored, additions), enforce_multipath: enforceMultipath },
    enforce_multipath: enforceMultipath,
  };
}

/** As an attachment shows it: in one level. */
export function attachmentConnectionView(
  attachmentId: string,
  stored: StoredConnection,
  additions: ConnectionAdditions,
): object {
  return {
    ...dataOf(stored, additions),
    driver_volume_type: stored.driver_volume_type,
    ...mountPointBaseOf(stored),
    attachment_id: attachmentId,
    enforce_multipath: multipathOf(additions),
  };
}
