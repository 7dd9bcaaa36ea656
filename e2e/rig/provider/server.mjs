// A certified OpenID provider (oidc-provider) that stands where an identity domain would: the same
// paths, the same issuer, rotation with reuse detection, access tokens that are JWTs.
//
// It reads one JSON object from stdin (see settings in provider.go), says `{"port":N}` on stdout when
// it listens on 127.0.0.1, and ends when stdin is closed, so it can't outlive who started it. At
// /tally it counts what it has answered.
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import * as jose from 'jose';
import Provider, { errors, interactionPolicy } from 'oidc-provider';

const issuer = 'https://identity.oraclecloud.com/';
const resource = 'urn:opc:resource:test';
const bearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(0));
const settings = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);

const { privateKey } = await jose.generateKeyPair('RS256', { extractable: true });
const signing = { ...(await jose.exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'SIGNING_KEY' };

// A resource server is what makes the access tokens JWTs, here as in IDCS whatever is asked for.
const resourceServer = {
  scope: settings.scope,
  audience: issuer,
  accessTokenTTL: settings.life,
  accessTokenFormat: 'jwt',
  jwt: { sign: { alg: 'RS256' } },
};

// A native client would be asked for consent at each login.
const policy = interactionPolicy.base();
policy.get('consent').checks.remove('native_client_prompt');

const provider = new Provider(issuer, {
  clients: settings.clients,
  jwks: { keys: [signing] },
  scopes: ['openid', 'offline_access'],
  cookies: { keys: ['only for tests'] },
  routes: {
    authorization: '/oauth2/v1/authorize',
    token: '/oauth2/v1/token',
    device_authorization: '/oauth2/v1/device',
    code_verification: '/ui/v1/device',
    revocation: '/oauth2/v1/revoke',
    jwks: '/admin/v1/SigningCert/jwk',
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => resourceServer,
    },
  },
  interactions: { policy, url: (ctx, interaction) => `/ui/v1/signin/${interaction.uid}` },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  ttl: { RefreshToken: 7 * 24 * 3600, Grant: 7 * 24 * 3600, IdToken: 3600, DeviceCode: 300, AuthorizationCode: 60, Interaction: 300, Session: 3600, ClientCredentials: settings.life },
  // A token presented twice revokes its whole grant; the provider does that by itself.
  rotateRefreshToken: true,
  // Without this offline_access would need prompt=consent, which IDCS doesn't know.
  issueRefreshToken: (ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: () => false,
});

async function newGrant(clientId, accountId) {
  const grant = new provider.Grant({ clientId, accountId });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(resource, settings.scope);
  return grant.save();
}

// The JWT user assertion of RFC 7523: signed by a key that the client registered, used once.
async function bearer(ctx) {
  const { client, params } = ctx.oidc;
  const keys = jose.createLocalJWKSet(client.jwks);
  let claims;
  try {
    const verified = await jose.jwtVerify(params.assertion, keys, {
      issuer: client.clientId,
      audience: issuer,
      algorithms: ['RS256'],
      requiredClaims: ['sub', 'iat', 'exp', 'jti'],
    });
    claims = verified.payload;
  } catch (error) {
    throw new errors.InvalidGrant(`the assertion isn't valid: ${error.message}`);
  }
  if (!(await provider.ReplayDetection.unique(claims.iss, claims.jti, claims.exp))) {
    throw new errors.InvalidGrant('the assertion has been used');
  }
  const grantId = await newGrant(client.clientId, claims.sub);
  const whose = { accountId: claims.sub, client, grantId, gty: bearerGrant };
  const access = new provider.AccessToken({ ...whose, scope: settings.scope });
  access.resourceServer = new provider.ResourceServer(resource, resourceServer);
  const refresh = new provider.RefreshToken({ ...whose, scope: `${settings.scope} offline_access`, resource, rotations: 0 });
  ctx.body = {
    access_token: await access.save(),
    token_type: 'Bearer',
    expires_in: settings.life,
    refresh_token: await refresh.save(),
  };
}
provider.registerGrantType(bearerGrant, bearer, ['assertion', 'scope']);

// What has been answered: how often each grant, each error, and the grants that were revoked.
const tally = { granted: {}, refused: {}, revoked: 0 };
const count = (kind, name) => { tally[kind][name] = (tally[kind][name] ?? 0) + 1; };
provider.on('grant.success', (ctx) => count('granted', ctx.oidc.params.grant_type));
provider.on('grant.error', (ctx, error) => count('refused', `${ctx.oidc.params?.grant_type} ${error.error}: ${error.error_detail ?? error.error_description}`));
provider.on('grant.revoked', () => { tally.revoked += 1; });
for (const endpoint of ['authorization', 'device_authorization', 'revocation']) {
  provider.on(`${endpoint}.error`, (ctx, error) => count('refused', `${endpoint} ${error.error}: ${error.error_detail ?? error.error_description}`));
}
provider.on('server_error', (ctx, error) => { count('refused', 'server_error'); console.error(error); });

// The sign-in page lets everybody in as the one user, and takes their consent as given; or nobody.
async function signIn(request, response) {
  if (settings.closed) {
    await provider.interactionFinished(request, response, { error: 'access_denied', error_description: settings.closed });
    return;
  }
  const { params } = await provider.interactionDetails(request, response);
  const grantId = await newGrant(params.client_id, settings.user);
  await provider.interactionFinished(request, response, { login: { accountId: settings.user }, consent: { grantId } });
}

const openid = provider.callback();

// plain drops the nonce of an authorization request without openid: this provider refuses one there,
// where RFC 6749 3.1 wants what isn't understood to be ignored.
function plain(url) {
  const request = new URL(url, issuer);
  const scope = request.searchParams.get('scope') ?? '';
  if (request.pathname !== '/oauth2/v1/authorize' || scope.split(' ').includes('openid')) {
    return url;
  }
  request.searchParams.delete('nonce');
  return request.pathname + request.search;
}

const server = createServer({ cert: settings.cert, key: settings.key }, (request, response) => {
  if (request.url === '/tally') {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(tally));
  } else if (request.url.startsWith('/ui/v1/signin/')) {
    signIn(request, response).catch((error) => { response.statusCode = 500; response.end(String(error)); });
  } else {
    request.url = plain(request.url);
    openid(request, response);
  }
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
