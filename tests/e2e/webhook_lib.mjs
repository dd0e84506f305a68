// Events as the services send them: signed by their own packages, delivered through nginx. Used by
// webhooks.mjs and webhook_kill.mjs.
import fs from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import { execFileSync } from 'node:child_process';
import { root } from './lib.mjs';

const require = createRequire(import.meta.url);
const { WorkOS } = require('@workos-inc/node');
const Stripe = require('stripe');

export const stripe = new (Stripe.default || Stripe)('sk_test_x');
export const workos = new WorkOS('sk_test_x');

export const fixture = (name) => fs.readFileSync(`${root}/tests/fixtures/${name}`, 'utf8');
export const secretOf = (server, source) =>
  fs.readFileSync(`${server.dir}/secrets/${source}-webhook`, 'utf8').split('\n')[0];

export const signers = {
  stripe: async (payload, secret, skewMs = 0) => ({
    'Stripe-Signature': stripe.webhooks.generateTestHeaderString({ payload, secret,
      timestamp: Math.floor((Date.now() + skewMs) / 1000) }) }),
  workos: async (payload, secret, skewMs = 0) => {
    const time = Date.now() + skewMs;
    return { 'WorkOS-Signature': `t=${time}, v1=${await workos.webhooks.computeSignature(String(time), payload, secret)}` };
  },
};

// One delivery; resolves to the status, or 0 when the connection broke.
export async function deliver(server, source, body, { headers, agent, secret, skewMs, method = 'POST' } = {}) {
  const signed = headers ?? await signers[source](body, secret ?? secretOf(server, source), skewMs);
  return new Promise((resolve) => {
    const request = https.request({ host: '127.0.0.1', port: server.port, servername: 'localhost', method,
      path: `/webhooks/${source}`, agent: agent ?? false, rejectUnauthorized: false,
      headers: { Host: `localhost:${server.port}`, 'Content-Type': 'application/json',
        ...(body ? { 'Content-Length': Buffer.byteLength(body) } : {}), ...signed } },
    (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
      answer.on('error', () => resolve(0));
    });
    request.on('error', () => resolve(0));
    request.setTimeout(120000, () => request.destroy());
    request.end(body || undefined);
  });
}

// What "domicile-admin inbox --json" lists.
export function inbox(server) {
  const output = execFileSync(`${root}/cgi/admin.sh`, [server.dir, '--json', 'inbox'],
    { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  return output.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}
