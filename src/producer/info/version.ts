/** Version of the package; a test compares it with package.json. */
export const VERSION = '0.1.0';

/** What Matroska headers name as the application. */
export const APPLICATION: string = `kvs-launch ${VERSION}`;
