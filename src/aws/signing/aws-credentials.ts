/** Credentials as the AWS SDK has them. */
export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When the service stops accepting them; never, if absent. */
  readonly expiration?: Date;
};

/** Something that yields credentials, refreshing them when they are about to run out. */
export type CredentialProvider = {
  /** What it is, for logs: `static`, `environment`, `file:/path`, `iot:alias`, `profile:name`, … */
  readonly name: string;
  /**
   * Credentials that are valid now. `forceRefresh` after the service refused the current ones.
   * @throws KvsError that names the provider, what it looked for and where.
   */
  get(options?: { forceRefresh?: boolean }): Promise<AwsCredentials>;
  /** Stops fetching new ones by a timer, where there is one. */
  close?(): void;
};

/** Signs one request at the moment of sending (SigV4, service kinesisvideo). @returns the headers to send. */
export type RequestSigner = (request: {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  credentials: AwsCredentials;
  /** The moment of signing. */
  date: Date;
}) => Record<string, string>;
