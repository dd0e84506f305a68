// Sign-in and sign-out through WorkOS in Chromium, through nginx: the whole server with identity =
// workos, and the vendor's emulator in place of WorkOS. The protocol in all its cases is for workos.mjs.
//
//     node tests/e2e/workos_browser.mjs BUILD
import net from 'node:net';
import { createEmulator } from 'workos/emulate';
import { Browser, Server, check, equal, finish, follow, freePort, text, until } from './lib.mjs';

const KEY = 'sk_test_default';
const emulator = await createEmulator({ port: 0, seed: {
  apiKeys: { [KEY]: { environment: 'test' } },
  users: [{ email: 'alice@example.test', first_name: 'Alice', last_name: 'Ng', email_verified: true }],
} });
const workos = `http://127.0.0.1:${emulator.port}`;
const server = await Server.make(process.argv[2], (conf) => `${conf.replace(/^operator .*/m, 'operator = alice@example.test')}
[server]
identity = workos
[workos]
client_id = client_local
url = ${workos}
`);
server.put('secrets/workos-api-key', KEY);
await server.start();
const browser = await Browser.launch(server);
browser.allowed.push(workos);
const page = await browser.page();

// A visitor's Proxy header must not become the program's proxy (httpoxy).
let visits = 0;
const trapPort = freePort();
const trap = net.createServer((socket) => { visits++; socket.destroy(); }).listen(trapPort, '127.0.0.1');
await page.setExtraHTTPHeaders({ Proxy: `http://127.0.0.1:${trapPort}` });

const sessions = async () => {
  const user = (await (await fetch(`${workos}/user_management/users`, { headers: { Authorization: `Bearer ${KEY}` } })).json()).data[0];
  const answer = await fetch(`${workos}/user_management/users/${user.id}/sessions`, { headers: { Authorization: `Bearer ${KEY}` } });
  return (await answer.json()).data ?? [];
};

await page.goto(`${server.url}/keys`);
equal('signed out, one is asked to sign in', await text(page, 'h1'), 'Sign in');
await follow(page, 'main a.btn.primary');
equal('one click, and one is where one wanted to be', page.url(), `${server.url}/keys`);
check('as the person of WorkOS', (await text(page, '.acct'))?.includes('alice@example.test'));
await page.goto(`${server.url}/account`);
check('with the name of WorkOS', await page.$eval('#name', (e) => e.value) === 'Alice Ng');
equal('one cookie of ours', (await page.browserContext().cookies(server.url)).filter((c) => c.domain === 'localhost').map((c) => c.name).join(), '__Host-session');
equal('the program used no proxy', visits, 0);
const before = await sessions();
equal('WorkOS has one session', before.length, 1);

// The page that signs out leads on to WorkOS by itself; the emulator then leads to where it was told.
await page.evaluate(() => { document.querySelector('form[action="/signout"] button').click(); });
check('sign-out goes on to WorkOS and comes to an end', await until(async () => {
  const now = page.url();
  return (now === `${server.url}/signed-out` || now.startsWith(workos) || now === `${server.url}/`) && now;
}), page.url());
const after = await until(async () => {
  const now = await sessions();
  return (now.length === 0 || now.every((s) => s.status !== 'active')) && now;
});
check('the session at WorkOS is over', after, await sessions());
await page.goto(`${server.url}/vms`);
check('and so is ours', page.url().startsWith(`${server.url}/signin`), page.url());

equal('requests to others', [...new Set(browser.foreign)].join(', '), '');
equal('violations of the content security policy', [...new Set(browser.violations)].join('\n'), '');
check('the key is in no log', !server.log().includes(KEY));
trap.close();
await browser.end();
await server.end();
await emulator.close();
finish();
