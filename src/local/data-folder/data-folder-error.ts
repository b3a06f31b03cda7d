/** Why the service cannot work in its data folder. The message is for the person who started it. */
export class DataFolderError extends Error {
  readonly code: 'DATA_FOLDER_IN_USE' | 'DATA_FOLDER_DAMAGED' | 'DATA_FOLDER_UNUSABLE';

  constructor(code: DataFolderError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataFolderError';
    this.code = code;
  }
}

/** The code of a system error, e.g. `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
