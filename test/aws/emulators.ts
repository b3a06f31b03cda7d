import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { json, type Respond } from './support.ts';

/**
 * Emulations of the services that hand out credentials, as far as their clients ask. Each has one set
 * of keys, so that a test can tell which of them answered.
 */

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}

function metadataKeys(name: string) {
  return {
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: `ASIA${name}`,
    SecretAccessKey: `${name}-secret`,
    Token: `${name}-token`,
    Expiration: inAnHour(),
    LastUpdated: new Date().toISOString(),
  };
}

/** EC2's instance metadata service, version 2 only. */
export const instanceMetadata: Respond = (request, response) => {
  const text = (body: string, status = 200): void => {
    response.writeHead(status, { 'content-type': 'text/plain' });
    response.end(body);
  };
  if (request.method === 'PUT' && request.path === '/latest/api/token') {
    text('imds-token');
  } else if (request.headers['x-aws-ec2-metadata-token'] !== 'imds-token') {
    text('', 401);
  } else if (request.path === '/latest/meta-data/placement/region') {
    text('ap-southeast-2');
  } else if (/^\/latest\/meta-data\/iam\/security-credentials\/?$/.test(request.path)) {
    text('instance-role');
  } else if (request.path.endsWith('/instance-role')) {
    json(response, 200, metadataKeys('INSTANCE'));
  } else {
    text('', 404);
  }
};

/** The endpoint beside a container, as ECS, EKS pod identity and Greengrass have it. */
export function containerCredentials(authorization: string | undefined): Respond {
  return (request, response) => {
    if (request.headers.authorization !== authorization) {
      json(response, 401, { code: 'Unauthorized', message: 'wrong token' });
      return;
    }
    json(response, 200, metadataKeys('CONTAINER'));
  };
}

/** STS: AssumeRole (signed) and AssumeRoleWithWebIdentity (not signed), in their query protocol. */
export const sts: Respond = (request, response) => {
  const form = new URLSearchParams(request.body);
  const action = form.get('Action') ?? '';
  const refuse = (code: string, message: string): void => {
    response.writeHead(403, { 'content-type': 'text/xml' });
    response.end(
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`,
    );
  };
  const isWeb = action === 'AssumeRoleWithWebIdentity';
  if (isWeb && form.get('WebIdentityToken') !== 'jwt-of-the-pod') {
    refuse('InvalidIdentityToken', 'that is not our token');
    return;
  }
  if (!isWeb && !/Credential=AKIABASE\//.test(String(request.headers.authorization))) {
    refuse('AccessDenied', 'not allowed to assume the role');
    return;
  }
  const name = isWeb ? 'WEB' : 'ROLE';
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(
    `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>${form.get('RoleArn')}</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIA${name}</AccessKeyId><SecretAccessKey>${name}-secret</SecretAccessKey><SessionToken>${name}-token</SessionToken><Expiration>${inAnHour()}</Expiration></Credentials></${action}Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></${action}Response>`,
  );
};

/** IAM Identity Center's portal: role credentials for a token of the login. */
export const ssoPortal: Respond = (request, response) => {
  if (request.headers['x-amz-sso_bearer_token'] !== 'sso-login-token') {
    json(
      response,
      401,
      { message: 'Session token not found or invalid' },
      {
        'x-amzn-ErrorType': 'UnauthorizedException',
      },
    );
    return;
  }
  json(response, 200, {
    roleCredentials: {
      accessKeyId: 'ASIASSO',
      secretAccessKey: 'SSO-secret',
      sessionToken: 'SSO-token',
      expiration: Date.now() + 3_600_000,
    },
  });
};

/** A home folder of its own, with whatever files are given, gone with the scope. */
export function homeWith(
  files: Readonly<Record<string, string>>,
): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'kvs-home-'));
  for (const [name, text] of Object.entries(files)) {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
