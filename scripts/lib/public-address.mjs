// Where the sources are published. The one place is package.json's repository.url, which a maintainer
// sets once: npm pkg set repository.url=git+https://github.com/OWNER/kvs-launch.git
// npm refuses provenance for a package whose repository is not the one that it was built in.

const HOW = 'npm pkg set repository.url=git+https://github.com/OWNER/kvs-launch.git';

/**
 * @returns the address of the page, https://github.com/OWNER/NAME.
 * @throws Error that says what to do, when none is set, or one by which npm finds nothing.
 */
export function publicAddress(manifest) {
  const url = manifest.repository?.url ?? '';
  if (url === '') {
    throw new Error(`package.json does not say where the sources are published. Set it: ${HOW}`);
  }
  const [, page] = /^git\+(https:\/\/[\w.-]+\/[\w.-]+\/[\w.-]+)\.git$/.exec(url) ?? [];
  if (page === undefined || /\/OWNER\//.test(page)) {
    throw new Error(
      `package.json's repository.url is no repository's address: ${url}. Set it: ${HOW}`,
    );
  }
  return page;
}

/** The manifest with `bugs` and `homepage`, or without any address while none is set. */
export function withAddress({ repository, ...manifest }) {
  if (!repository?.url) return manifest;
  const page = publicAddress({ repository });
  return {
    ...manifest,
    repository,
    bugs: { url: `${page}/issues` },
    homepage: `${page}#readme`,
  };
}
