// Two people and three teams through their whole life: invited by mail and by link, joined, switched, made viewer and
// owner, handed over, removed, left; and that no secret of an invite and no address of it stays anywhere.
import fs from 'node:fs';
import { Browser, Server, Visitor, check, equal, finish, follow, root, run, signIn, text, until } from './lib.mjs';
import { Postbox, authorityMake } from './postbox.mjs';

const PASSWORD = 'correct horse';
const box = new Postbox({ password: PASSWORD });
const keys = fs.mkdtempSync('/tmp/domicile-teams.');
process.once('exit', () => fs.rmSync(keys, { recursive: true, force: true }));
const authority = authorityMake(keys, 'mail');
const port = await box.open(authority);
const server = await Server.make(process.argv[2], (config) => `${config}
[region local]
uri = test:///default
[mail]
mail = smtp
url = smtp://localhost:${port}
user = domicile
from = Domicile <noreply@example.org>
ca_file = tls/mail-ca.pem
`);
server.put('secrets/smtp-password', `${PASSWORD}\n`);
server.put('tls/mail-ca.pem', authority.ca);
await server.start();

const BOB = 'bob.stranger@example.org', EVE = 'eve.linked@example.org';
const mailTo = (address, subject) => until(() => box.mails.find(({ to, parsed }) => to[0] === address && parsed.subject.includes(subject)));
const linkIn = (mail) => mail.parsed.text.match(/https:\/\/\S+\/signin\/\S+token=\S+/)[0];
const local = (link) => link.slice(server.url.length);
const tokenOf = (link) => new URL(link).searchParams.get('token');
const admin = (...words) => run(`${root}/cgi/admin.sh`, [server.dir, ...words]).catch((e) => e);
const roles = (name) => server.sql(`SELECT group_concat(role) FROM (SELECT role FROM membership WHERE team_id = (SELECT id FROM team WHERE name = '${name}') ORDER BY person_id)`);
const idOf = (email) => server.sql(`SELECT id FROM person WHERE email = '${email}'`);
const teamOf = (name) => server.sql(`SELECT id FROM team WHERE name = '${name}'`);
const join = (visitor, link) => visitor.send(local(link), '/signin/invite', [['token', tokenOf(link)]]);
const invite = (visitor, fields) => visitor.send('/team', '/team/invites', Object.entries(fields));
const copied = (answer) => answer.text.match(/https:\/\/[^"<]+\/signin\/invite\?token=[\w-]{43}/)[0];

const ann = new Visitor(server), bob = new Visitor(server);
await ann.signIn(server.signinLink('operator@localhost'));

// ---- a stranger is invited by mail, joins by the link alone, and sees the team ----
equal('a second team', (await ann.send('/teams', '/teams', [['name', 'Birch']])).status, 303);
equal('which is the current one', (await ann.ask('GET', '/team')).text.includes('Birch</h1>'), true);
equal('invited', (await invite(ann, { role: 'viewer', email: BOB, by: 'mail' })).headers.location, '/team');
// What was answered is there, whoever is killed now.
for (const program of ['worker', 'account', 'signin']) for (const pid of server.pidsOf(program)) process.kill(pid, 'SIGKILL');
await mailTo(BOB, 'invites you to a team');
await until(() => server.sql("SELECT count(*) FROM mail WHERE kind = 'invited'") === '0'); // the mail leaves no row
const mailed = linkIn(box.mails.findLast(({ to }) => to[0] === BOB)); // a killed worker sends again, with another link
await until(async () => (await new Visitor(server).ask('GET', local(mailed))).status === 200);
equal('opened by a scanner, twice', [(await new Visitor(server).ask('GET', local(mailed))).status, (await new Visitor(server).ask('GET', local(mailed))).status].join(), '200,200');
const opened = (await bob.ask('GET', local(mailed))).text;
check('the page says who, where and as what', /operator@localhost[\s\S]*Birch[\s\S]*as <b>viewer/.test(opened), opened);
const both = await Promise.all([join(bob, mailed), join(new Visitor(server), mailed)]);
equal('pressed twice at once, it counts once', both.map(({ status }) => status).sort().join(), '303,404');
if (both[0].status !== 303) await bob.signIn(server.signinLink(BOB)); // the other browser was faster
if (both[0].status !== 303) await bob.send('/teams', `/teams/${teamOf('Birch')}/switch`, []);
equal('one person more', roles('Birch'), 'owner,viewer');
check('who sees the team', (await bob.ask('GET', '/team')).text.includes('your role: viewer'));
check('and others in it', (await bob.ask('GET', '/team')).text.includes('operator@localhost'));
equal('may look', (await bob.ask('GET', '/vms')).status, 200);
equal('but makes nothing', (await bob.ask('GET', '/vms/new')).status, 403);
equal('nor invites', (await bob.send('/team', '/team/invites', [['role', 'member'], ['by', 'link']])).status, 403);
equal('used up for others', (await new Visitor(server).ask('GET', local(mailed))).status, 404);

// ---- an invite that no mail server takes ----
box.recipient = { code: 550, text: 'No such user here' };
equal('sent off', (await invite(ann, { role: 'viewer', email: 'typo@example.org', by: 'mail' })).status, 303);
await until(() => server.sql("SELECT count(*) FROM mail WHERE kind = 'invited'") === '0');
check('who sent it sees why it did not arrive', /typo@example\.org[^]*Email not delivered<[^]*No such user here/.test((await ann.ask('GET', '/team')).text));
box.recipient = undefined;
await ann.send('/team', `/team/invites/${server.sql("SELECT id FROM invite WHERE email = 'typo@example.org'")}/revoke`, []);

// ---- a stranger with a link learns on the way in what it is for ----
{
  const eve = new Visitor(server), link = copied(await invite(ann, { role: 'viewer', by: 'link' }));
  await join(eve, link);
  check('signing in is for the team', /To join the team <b[^>]*>Birch<[^]*makes your account if you have none/.test((await eve.ask('GET', '/signin')).text));
  equal('asked for a link', (await eve.send('/signin', '/signin/mail', [['email', 'eve@example.org']])).status, 303);
  check('which is on its way', /on its way[^]*join <b[^>]*>Birch</.test((await eve.ask('GET', '/signin/mail')).text));
  await ann.send('/team', `/team/invites/${server.sql("SELECT id FROM invite WHERE state = 'open'")}/revoke`, []);
}

// ---- the switcher, without a mouse, on a phone ----
const browser = await Browser.launch(server);
const page = await browser.page({ width: 360 });
await signIn(page, server.signinLink(BOB));
await page.goto(`${server.url}/teams`);
equal('his own team is current', await text(page, '[aria-current="true"]'), 'Current');
equal('nothing is wider than the phone', await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
await page.focus('#teams form button');
await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
check('switched', (await text(page, '#toasts')).includes('Switched to team Birch'));
check('told that he is a viewer', (await text(page, '#viewer')).includes('viewer of Birch'));
equal('no button to make a VM', await page.$$eval('#create, #bulk', (all) => all.length), 0);

// ---- a form of one team does nothing in another ----
const stale = (await ann.ask('GET', '/keys')).text.match(/name="csrf" value="([^"]+)"/)[1];
await ann.send('/teams', `/teams/${server.sql('SELECT id FROM team WHERE personal_of = 1')}/switch`, []);
equal('refused', (await ann.ask('POST', '/keys', { body: String(new URLSearchParams({ csrf: stale, key: 'x' })),
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' } })).status, 403);
await ann.send('/teams', `/teams/${teamOf('Birch')}/switch`, []);

// ---- roles, the last owner, handing over ----
const bobId = idOf(BOB);
equal('made a member', (await ann.send('/team', `/team/people/${bobId}/role`, [['role', 'member']])).status, 303);
check('he is told', (await mailTo(BOB, 'Your role')).parsed.text.includes('You are now: member'));
equal('and may make VMs', (await bob.ask('GET', '/vms/new')).status, 200);
await ann.send('/team/leave', '/team/leave', []).catch(() => {});
equal('the last owner cannot leave', roles('Birch'), 'owner,member');
server.sql("UPDATE session SET created_at = unixepoch() - 700, authenticated_at = unixepoch() - 700 WHERE person_id = 1");
check('handing over asks for a fresh sign-in', (await ann.send('/team/hand-over', '/team/hand-over', [['person', bobId]])).headers.location.startsWith('/signin?'));
await ann.signIn(server.signinLink('operator@localhost'));
await ann.send('/teams', `/teams/${teamOf('Birch')}/switch`, []);
await ann.send('/team/hand-over', '/team/hand-over', [['person', bobId]]);
equal('handed over', roles('Birch'), 'member,owner');

// ---- by a link, to whoever has it: signed in first, by the usual mail, also without an account ----
await page.goto(`${server.url}/team`);
await page.click('input[value="viewer"]');
await follow(page, 'button[value="link"]');
const link = await text(page, '#link pre');
const eve = new Visitor(server);
equal('leads to the sign-in', (await join(eve, link)).headers.location, '/signin?return=/signin/invite');
await eve.ask('GET', '/signin?return=/signin/invite');
await eve.send('/signin', '/signin/mail', [['email', EVE]]);
equal('and back', (await eve.signIn(linkIn(await mailTo(EVE, 'Sign in')))).headers.location, '/signin/invite');
equal('joined', (await eve.send('/signin/invite', '/signin/invite', [])).headers.location, '/vms');
equal('as a viewer', roles('Birch'), 'member,owner,viewer');
const nobody = new Visitor(server);
await nobody.send('/signin', '/signin/mail', [['email', 'nobody@example.org']]);

// ---- removed: at once, in every browser ----
equal('she looks', (await eve.ask('GET', '/team')).text.includes('Birch</h1>'), true);
await page.goto(`${server.url}/team/people/${idOf(EVE)}/remove`);
await follow(page, 'form[action$="/remove"] button');
equal('two are left', roles('Birch'), 'member,owner');
check('her browser is in her own team', (await eve.ask('GET', '/team')).text.includes('Personal team'));
check('and says so', (await eve.ask('GET', '/teams')).status === 200);
await mailTo(EVE, 'no longer in a team');

// ---- revoked ----
const void_ = copied(await invite(ann, { role: 'member', by: 'link' }).then(async (answer) => {
  equal('a former owner invites nobody', answer.status, 403);
  const owner = new Visitor(server);
  await owner.signIn(server.signinLink(BOB));
  await owner.send('/teams', `/teams/${teamOf('Birch')}/switch`, []);
  return invite(owner, { role: 'member', by: 'link' });
}));
await page.goto(`${server.url}/team`);
await follow(page, '#invites form button');
equal('revoked', (await eve.ask('GET', local(void_))).status, 404);

// ---- leaving ----
await ann.send('/team/leave', '/team/leave', []);
equal('left', roles('Birch'), 'owner');
check('what happened is in the team\'s history', server.sql(`SELECT group_concat(DISTINCT action) FROM activity WHERE team_id = ${teamOf('Birch')}`).split(',').sort().join()
  === 'invite,invite_revoke,member_add,member_leave,member_remove,member_role,team_make', server.sql(`SELECT group_concat(DISTINCT action) FROM activity WHERE team_id = ${teamOf('Birch')}`));

// ---- no secret stays ----
const dump = server.sql('.dump'), log = server.log();
for (const secret of [tokenOf(mailed), tokenOf(link), tokenOf(void_)]) {
  check('in no row', !dump.includes(secret));
  check('and in no line of a log', !log.includes(secret));
}
check('addresses are in no log', !/bob\.stranger|eve\.linked/.test(log));
check('who was not invited got no mail', !box.mails.some(({ to }) => to[0] === 'nobody@example.org'));
equal('nothing was refused by the browser', [...browser.violations, ...browser.errors, ...browser.foreign].join(), '');
await browser.end();
check('the chains hold', (await admin('promises', '--now')).stdout.includes('audit-chain'));
await server.end();
await box.close();
finish();
