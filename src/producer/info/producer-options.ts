import type { AwsAccess } from '../../aws/aws-access.ts';
import type { CredentialProperties } from '../../aws/credentials/credential-settings.ts';
import type { SharedParts } from '../../aws/shared-parts.ts';
import type { AwsCredentials, CredentialProvider } from '../../aws/signing/aws-credentials.ts';
import type {
  Uploader,
  UploaderDependencies,
  UploaderSettings,
} from '../../putmedia/uploader-api.ts';
import type { Clock, Random } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { PinoLike } from '../../runtime/pino-logger.ts';
import type { DeviceInfo } from './device-info.ts';

/** What a producer needs; all of it has a default. */
export type ProducerOptions = {
  readonly deviceInfo?: DeviceInfo;
  /** By default AWS_REGION and the other places where AWS's tools look; us-west-2 if none has it. */
  readonly region?: string;
  /** Of the control plane; by default CONTROL_PLANE_URI, else the region's. */
  readonly endpoint?: string;
  /** Keys, a source of keys, or where to look for them; by default where AWS's tools look. */
  readonly credentials?: AwsCredentials | CredentialProvider | CredentialProperties;
  /** PEM file or folder with CAs to trust beside the system's. */
  readonly caFile?: string;
  /** Name and version in front of the User-Agent header, at most 32 characters. */
  readonly userAgent?: string;
  /** Plain http to another machine than this one. */
  readonly allowInsecureHttp?: boolean;
  /**
   * A way to AWS made elsewhere, instead of all of the above. The producer closes it.
   * @internal
   */
  readonly access?: ProducerAccess | Promise<ProducerAccess>;
  /**
   * What the producers of a process share on their ways to AWS; by default nothing.
   * @internal
   */
  readonly shared?: SharedParts;
  /** Instead of the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Instead of the machine's clock, for tests. */
  readonly clock?: Clock;
  /** Instead of Math.random, for tests. */
  readonly random?: Random;
  /** A pino logger, createLogger's, or one's own; by default nothing is logged. */
  readonly logger?: Logger | PinoLike;
  /**
   * Makes a stream's uploader; for tests that have no service.
   * @internal
   */
  readonly createUploader?: (
    settings: UploaderSettings,
    dependencies: UploaderDependencies,
  ) => Uploader;
};

/**
 * The part of AwsAccess that a producer uses.
 * @internal
 */
export type ProducerAccess = Pick<
  AwsAccess,
  'region' | 'credentials' | 'controlPlane' | 'userAgent' | 'allowInsecureHttp' | 'close'
> & { readonly agents: Pick<AwsAccess['agents'], 'agentFor'> };
