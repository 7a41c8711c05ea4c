// The asymmetric signatures of Standard Webhooks 1.0: "v1a,…", Ed25519 over
// `id.timestamp.body`. Who verifies has the webhook's public key ("whpk_…"), which is no
// secret.
import { createPublicKey, verify } from 'node:crypto';

const TOLERANCE_S = 5 * 60;

function publicKey(text) {
  if (!text.startsWith('whpk_')) throw new Error('a public key begins with whpk_');
  const x = Buffer.from(text.slice('whpk_'.length), 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

// Whether one of the signatures in the headers was made by the key over these bytes, at
// most five minutes from now.
export function verifyEd25519(key, body, headers) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers;
  if (!id || !/^\d+$/.test(timestamp ?? '')) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_S) return false;
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const known = publicKey(key);
  return (headers['webhook-signature'] ?? '').split(' ').some((one) => one.startsWith('v1a,')
    && verify(null, signed, known, Buffer.from(one.slice('v1a,'.length), 'base64')));
}
