// What `[keystone_authtoken]` says, as the rest of the API needs it.

export interface KeystoneOptions {
  /** Where the service logs in: with or without /v3. */
  readonly authUrl: string;
  /** What a refused client is told to ask; null = the address that tokens are checked at. */
  readonly wwwAuthenticateUri: string | null;
  readonly login: ServiceLogin;
  /** Which of the catalogue's identity addresses tokens are checked at. */
  readonly interface: 'public' | 'internal' | 'admin';
  readonly regionName: string | null;
  readonly tls: {
    readonly caFile: string | null;
    readonly certFile: string | null;
    readonly keyFile: string | null;
    readonly insecure: boolean;
  };
  readonly timeoutMs: number;
  /** Further attempts where Keystone cannot be reached. */
  readonly maxRetries: number;
  /** How long a token is believed without asking again; null = never. */
  readonly cacheMs: number | null;
  /** Roles that make a service of who sends X-Service-Token. */
  readonly serviceTokenRoles: readonly string[];
  /** False: any valid token will do in X-Service-Token. */
  readonly serviceTokenRolesRequired: boolean;
  /** Our name in access rules of application credentials; null = such tokens are refused. */
  readonly serviceType: string | null;
}

/** The service's own user, in the form that Keystone's `auth.identity` has. */
export type ServiceLogin =
  | { readonly method: 'password'; readonly user: Named & { readonly password: string }; readonly project: Named }
  | { readonly method: 'application_credential'; readonly id: string; readonly secret: string };

/** Something in Keystone: by id, or by a name within a domain. */
export interface Named {
  readonly id: string | null;
  readonly name: string | null;
  readonly domainId: string | null;
  readonly domainName: string | null;
}
