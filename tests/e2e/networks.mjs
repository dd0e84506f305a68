// Limits by address (nginx.conf) with the settings for proxies and for networks without limits: whose
// X-Forwarded-For counts, and who is not counted.
//
//     node tests/e2e/networks.mjs BUILD
import { Server, Visitor, check, equal, finish, until } from './lib.mjs';

const PROXY = '127.0.0.50';
const OFFICE = '127.0.0.60';
const STRANGER = '127.0.0.9';
const server = await Server.make(process.argv[2], (conf) => conf.replace(/^# trusted_proxies.*/m, `trusted_proxies = ${PROXY}/32`)
  .replace(/^# unlimited_networks.*/m, `unlimited_networks = ${OFFICE}, 127.0.0.64/26`));
await server.start();
const visitor = new Visitor(server);

// How many of `count` tries to sign in are refused; `name` gives the address that a proxy claims for each.
async function refused(from, count, name = null) {
  const answers = await Promise.all(Array.from({ length: count }, (_, i) => visitor.ask('GET', '/signin/link?token=x',
    { from, headers: name ? { 'X-Forwarded-For': name(i) } : {} })));
  return answers.filter((a) => a.status === 429).length;
}
const isRefused = (from, name) => until(async () => await refused(from, 60, name) > 0, 20);

check('a stranger is limited', await isRefused(STRANGER));
check('whatever it claims', await isRefused(STRANGER, (i) => `192.0.2.${i}`));
equal('an office is not', await refused(OFFICE, 200), 0);
equal('nor a network', await refused('127.0.0.100', 200), 0);
equal('visitors behind the proxy are counted one by one', await refused(PROXY, 200, (i) => `198.51.100.${i}`), 0);
check('and each is limited', await isRefused(PROXY, () => '203.0.113.5'));
check('with what it adds before the proxy does', await isRefused(PROXY, (i) => `192.0.2.${i}, 203.0.113.6`));
equal('an office behind the proxy is not', await refused(PROXY, 200, () => OFFICE), 0);

await server.stop();
finish();
