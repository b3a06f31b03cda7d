/**
 * node:http, loaded when something first asks for it. From Node 22 on, an import of it brings all of
 * undici along (for `http.WebSocket`), a quarter of what a start costs; AWS is asked over https alone.
 */
export function plainHttp(): typeof import('node:http') {
  return process.getBuiltinModule('node:http');
}
