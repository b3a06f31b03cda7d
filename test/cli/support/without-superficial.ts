// Loaded with --import: gstreamer-superficial is not there, as where it could not be compiled.
import module from 'node:module';

type Loader = { _resolveFilename: (request: string, ...rest: unknown[]) => string };
const loader = module as unknown as Loader;
const resolveFilename = loader._resolveFilename;

loader._resolveFilename = (request, ...rest) => {
  if (request === 'gstreamer-superficial') throw new Error('not installed');
  return resolveFilename.call(loader, request, ...rest);
};
