// A device with passkeys, in software, that does what it is told: it also answers what no real one would. For what
// a browser would never send.
import crypto from 'node:crypto';

const ALGORITHMS = {
  ES256: { make: () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }), hash: 'sha256' },
  EdDSA: { make: () => crypto.generateKeyPairSync('ed25519'), hash: null },
  RS256: { make: () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }), hash: 'sha256' },
};
const PRESENT = 1, VERIFIED = 4, HAS_KEY = 0x40;
const decode = (text) => Buffer.from(text, 'base64url');

// The public key as COSE has it (RFC 9053).
function cose(name, key) {
  const jwk = key.export({ format: 'jwk' });
  if (name === 'ES256') return Buffer.concat([Buffer.from('a5010203262001215820', 'hex'), decode(jwk.x), Buffer.from('225820', 'hex'), decode(jwk.y)]);
  if (name === 'EdDSA') return Buffer.concat([Buffer.from('a4010103272006215820', 'hex'), decode(jwk.x)]);
  return Buffer.concat([Buffer.from('a401030339010020590100', 'hex'), decode(jwk.n), Buffer.from('2143', 'hex'), decode(jwk.e)]);
}

export class Authenticator {
  constructor(origin, algorithm = 'ES256') {
    this.origin = origin;
    this.algorithm = algorithm;
    this.id = crypto.randomBytes(32);
    this.key = ALGORITHMS[algorithm].make();
    this.count = 0;
  }

  client(type, challenge, changes) {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false, ...changes }));
  }

  data(flags, site, rest = []) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(this.count);
    return Buffer.concat([crypto.createHash('sha256').update(site ?? new URL(this.origin).hostname).digest(), Buffer.from([flags]), count, ...rest]);
  }

  // What the form for a new passkey is sent with.
  create(challenge, { client = {}, flags = PRESENT | VERIFIED, site } = {}) {
    const length = Buffer.from([0, this.id.length]);
    const data = this.data(flags | HAS_KEY, site, [Buffer.alloc(16), length, this.id, cose(this.algorithm, this.key.publicKey)]);
    return [['client_data', this.client('webauthn.create', challenge, client).toString('base64url')],
      ['authenticator_data', data.toString('base64url')]];
  }

  // What the form of a sign-in is sent with.
  get(challenge, user, { client = {}, flags = PRESENT | VERIFIED, site, id = this.id } = {}) {
    const clientData = this.client('webauthn.get', challenge, client), data = this.data(flags, site);
    const signed = Buffer.concat([data, crypto.createHash('sha256').update(clientData).digest()]);
    return [['id', id.toString('base64url')], ['client_data', clientData.toString('base64url')],
      ['authenticator_data', data.toString('base64url')], ['user', user],
      ['signature', crypto.sign(ALGORITHMS[this.algorithm].hash, signed, this.key.privateKey).toString('base64url')]];
  }
}

// A challenge of the server's, for a session whose secret is known, that expires then.
export function challengeOf(secret, expiresAt) {
  const signed = Buffer.alloc(24);
  crypto.randomFillSync(signed, 0, 16);
  signed.writeBigUInt64BE(BigInt(expiresAt), 16);
  const mac = crypto.createHmac('sha256', secret).update('passkey1').update(signed).digest();
  return Buffer.concat([signed, mac]).toString('base64url');
}
