// What is in a release, as SPDX 2.3 documents. Times are those of the commit and names of documents come
// from what they hold, so that the same release has the same documents.
import { createHash } from 'node:crypto';
import { fail, output } from './run.mjs';

/** The production dependencies of the lock file, by npm itself. */
function npmPackages() {
  const text = output('npm', ['sbom', '--sbom-format=spdx', '--omit=dev', '--package-lock-only']);
  if (text === undefined) fail('npm sbom failed: it needs npm 10 or later.');
  return JSON.parse(text);
}

function finished(document, name, date) {
  const { creationInfo, documentNamespace, ...content } = document;
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
  return {
    ...content,
    name,
    documentNamespace: `https://spdx.org/spdxdocs/${name}-${digest}`,
    creationInfo: {
      created: date.toISOString().replace(/\.\d+Z$/, 'Z'),
      creators: creationInfo.creators ?? ['Tool: kvs-launch release'],
    },
  };
}

/** Of the npm package, and so of the core in the Debian package. */
export function packageSbom(name, date) {
  return finished(npmPackages(), name, date);
}

/**
 * Of an image: the npm packages in it, Node, and Debian's packages.
 * @param packages lines `NAME VERSION ARCHITECTURE`, as packagesOf in scripts/image/contents.mjs gives them
 */
export function imageSbom(name, date, packages) {
  const document = npmPackages();
  const main = document.relationships.find(
    ({ relationshipType }) => relationshipType === 'DESCRIBES',
  )?.relatedSpdxElement;
  const found = packages
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => systemPackage(line.split(' ')));
  return finished(
    {
      ...document,
      packages: [...document.packages, ...found],
      relationships: [
        ...document.relationships,
        ...found.map(({ SPDXID }) => ({
          spdxElementId: main,
          relatedSpdxElement: SPDXID,
          relationshipType: 'DEPENDS_ON',
        })),
      ],
    },
    name,
    date,
  );
}

function systemPackage([name, version, architecture]) {
  const isDebian = architecture !== undefined;
  const locator = isDebian
    ? `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`
    : `pkg:generic/${name}@${version.replace(/^v/, '')}`;
  return {
    name,
    SPDXID: `SPDXRef-${isDebian ? 'Deb' : 'Program'}-${name.replaceAll(/[^\w.-]/g, '-')}-${architecture ?? 'any'}`,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    // Its text is in the image: /usr/share/doc/NAME/copyright.
    licenseDeclared: 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    ...(isDebian ? { comment: 'The files of it that run are in the image.' } : {}),
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER',
        referenceType: 'purl',
        referenceLocator: locator,
      },
    ],
  };
}
