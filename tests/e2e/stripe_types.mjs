// Holds what we send to Stripe against the official library: the same call made with it must put the same
// bytes on the wire, and its published parameter types must accept what we gave. Used by stripe_double.mjs.
import fs from 'node:fs';
import path from 'node:path';
import Stripe from 'stripe';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '../..');

// Which method of the library makes which request, and the name of its parameters' type ('' for none).
const CALLS = [
  ['POST', '/v1/customers', 'CustomerCreateParams', (s, p, o) => s.customers.create(p, o)],
  ['GET', '/v1/customers/:id', '', (s, p, o, id) => s.customers.retrieve(id, undefined, o)],
  ['POST', '/v1/checkout/sessions', 'Checkout.SessionCreateParams', (s, p, o) => s.checkout.sessions.create(p, o)],
  ['GET', '/v1/checkout/sessions/:id', '', (s, p, o, id) => s.checkout.sessions.retrieve(id, undefined, o)],
  ['POST', '/v1/billing_portal/sessions', 'BillingPortal.SessionCreateParams',
    (s, p, o) => s.billingPortal.sessions.create(p, o)],
  ['GET', '/v1/subscriptions', 'SubscriptionListParams', (s, p, o) => s.subscriptions.list(p, o)],
  ['GET', '/v1/subscriptions/:id', 'SubscriptionRetrieveParams', (s, p, o, id) => s.subscriptions.retrieve(id, p, o)],
  ['POST', '/v1/subscriptions/:id', 'SubscriptionUpdateParams', (s, p, o, id) => s.subscriptions.update(id, p, o)],
  ['DELETE', '/v1/subscriptions/:id', 'SubscriptionCancelParams', (s, p, o, id) => s.subscriptions.cancel(id, p, o)],
  ['GET', '/v1/invoices', 'InvoiceListParams', (s, p, o) => s.invoices.list(p, o)],
  ['GET', '/v1/invoices/:id', 'InvoiceRetrieveParams', (s, p, o, id) => s.invoices.retrieve(id, p, o)],
  ['GET', '/v1/disputes/:id', 'DisputeRetrieveParams', (s, p, o, id) => s.disputes.retrieve(id, p, o)],
  ['GET', '/v1/prices', 'PriceListParams', (s, p, o) => s.prices.list(p, o)],
  ['POST', '/v1/prices', 'PriceCreateParams', (s, p, o) => s.prices.create(p, o)],
  ['GET', '/v1/billing/meters', 'Billing.MeterListParams', (s, p, o) => s.billing.meters.list(p, o)],
  ['POST', '/v1/billing/meters', 'Billing.MeterCreateParams', (s, p, o) => s.billing.meters.create(p, o)],
  ['GET', '/v1/billing/meters/:id/event_summaries', 'Billing.MeterListEventSummariesParams',
    (s, p, o, id) => s.billing.meters.listEventSummaries(id, p, o)],
  ['POST', '/v1/billing/meter_events', 'Billing.MeterEventCreateParams', (s, p, o) => s.billing.meterEvents.create(p, o)],
  ['GET', '/v2/core/events/:id', '', (s, p, o, id) => s.v2.core.events.retrieve(id, undefined, o)],
].map(([method, pattern, type, call]) => ({ method, type, call,
  match: new RegExp(`^${pattern.replace(':id', '([A-Za-z0-9_-]+)')}$`) }));

export const callFind = (method, pathname) => CALLS.find((c) => c.method === method && c.match.test(pathname));

// "a[b][0][c]=d" as { a: { b: [{ c: 'd' }] } }
export function formRead(text) {
  const out = {};
  for (const pair of text.split('&').filter(Boolean)) {
    const [name, value] = pair.split('=').map((part) => decodeURIComponent(part));
    const keys = name.replace(/\]/g, '').split('[');
    let at = out;
    keys.slice(0, -1).forEach((key, i) => {
      at[key] ??= /^\d+$/.test(keys[i + 1]) ? [] : {};
      at = at[key];
    });
    at[keys.at(-1)] = value;
  }
  return out;
}

// ---- types ----

const names = [...new Set(CALLS.map((c) => c.type).filter(Boolean))];
const alias = (type) => `T_${type.replace('.', '_')}`;
const FILE = path.join(root, 'tests/e2e/stripe_types_probe.ts');
const OPTIONS = { strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
const head = `import Stripe from 'stripe';\n${names.map((n) => `export type ${alias(n)} = Stripe.${n};`).join('\n')}\n`;

function programOf(text, old) {
  const host = ts.createCompilerHost(OPTIONS);
  const read = host.getSourceFile;
  host.getSourceFile = (name, ...rest) => (name === FILE
    ? ts.createSourceFile(name, text, OPTIONS.target, true) : read.call(host, name, ...rest));
  host.fileExists = (name) => name === FILE || ts.sys.fileExists(name);
  return ts.createProgram([FILE], OPTIONS, host, old);
}

let program;
let checker;
let types;

// Reads the types of the library: seconds of work, so it is done before the first request arrives.
export function typesLoad() {
  if (program) return;
  program = programOf(head);
  checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(FILE));
  types = new Map(checker.getExportsOfModule(module).map((s) => [s.name, checker.getDeclaredTypeOfSymbol(s)]));
}

const parts = (type) => (type.isUnion() ? type.types : [type]);
const has = (type, flag) => parts(type).some((t) => t.flags & flag);

// The text of a form as the literal that its type wants. What has no place in the type stays a text, and the
// compiler then says so.
function literal(value, type) {
  if (typeof value === 'string') {
    if (type && has(type, ts.TypeFlags.BooleanLike) && /^(true|false)$/.test(value)) return value;
    if (type && has(type, ts.TypeFlags.StringLike)) return JSON.stringify(value);
    if (type && has(type, ts.TypeFlags.NumberLike) && /^-?\d+$/.test(value)) return value;
    if (type && checker.typeToString(type).includes('Decimal')) return `Stripe.Decimal.from(${JSON.stringify(value)})`;
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    const list = type && parts(type).find((t) => checker.isArrayType(t));
    const element = list && checker.getTypeArguments(list)[0];
    return `[${value.map((v) => literal(v, element)).join(', ')}]`;
  }
  const fields = Object.entries(value).map(([key, inner]) => {
    const owner = type && parts(type).find((t) => t.flags & ts.TypeFlags.Object && !checker.isArrayType(t));
    const property = owner && checker.getPropertyOfType(owner, key);
    const innerType = property ? checker.getTypeOfSymbol(property)
      : owner && checker.getIndexTypeOfType(owner, ts.IndexKind.String);
    return `${JSON.stringify(key)}: ${literal(inner, innerType)}`;
  });
  return `{ ${fields.join(', ')} }`;
}

// ---- the judgement ----

const seen = new Map(); // literal with its type -> where it was first sent

// What is wrong with a request on the wire; null: nothing. Its types are judged by typesJudge.
export async function bytesJudge({ method, url, headers, body }) {
  const [pathname, query = ''] = url.split('?');
  const call = callFind(method, pathname);
  if (!call) return `${method} ${pathname}: not a request of ours`;
  const captured = [];
  const stripe = new Stripe(headers.authorization?.replace(/^Bearer /, '') || 'none', { telemetry: false,
    maxNetworkRetries: 0, httpClient: Stripe.createFetchHttpClient(async (to, init) => {
      captured.push({ url: String(to), ...init });
      return new Response('{"id":"x"}', { status: 200 });
    }) });
  const fields = formRead(method === 'POST' ? body : query);
  const params = Object.keys(fields).length ? fields : undefined;
  const options = headers['idempotency-key'] ? { idempotencyKey: headers['idempotency-key'] } : {};
  // The library wants a Decimal where the wire has its text; both are written the same.
  await call.call(stripe, params, options, pathname.match(call.match)[1]);
  const theirs = captured[0];
  const their = { url: new URL(theirs.url), headers: Object.fromEntries(new Headers(theirs.headers)) };
  if (their.url.pathname + decodeURI(their.url.search).replace(/^\?$/, '') !== decodeURI(url)) {
    return `${url} is sent by the library as ${their.url.pathname}${their.url.search}`;
  }
  if ((theirs.body ?? '') !== body) return `${pathname}: body ${body} is sent by the library as ${theirs.body}`;
  for (const name of ['authorization', 'stripe-version', ...(method === 'POST' ? ['content-type', 'idempotency-key'] : [])]) {
    if (headers[name] !== their.headers[name]) return `${pathname}: header ${name} is not the library's`;
  }
  if (call.type || params) {
    if (!call.type) return `${pathname}: takes no parameters here`;
    typesLoad();
    const text = literal(fields, types.get(alias(call.type)));
    seen.set(`const x: ${alias(call.type)} = ${text};`, `${method} ${pathname}`);
  }
  return null;
}

// All that was sent so far, compiled: one line for each thing that the types do not accept.
export function typesJudge() {
  typesLoad();
  const lines = [...seen.keys()].map((line, i) => line.replace('const x', `export const x${i}`));
  const text = `${head}${lines.join('\n')}\n`;
  const judged = programOf(text, program);
  const file = judged.getSourceFile(FILE);
  const found = [...judged.getSyntacticDiagnostics(file), ...judged.getSemanticDiagnostics(file)];
  return { count: lines.length, problems: found.map((d) => {
    const { line } = file.getLineAndCharacterOfPosition(d.start);
    return `${text.split('\n')[line].slice(0, 300)}: ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`;
  }) };
}

// The version of the library's own requests.
export const VERSION = fs.readFileSync(`${root}/node_modules/stripe/package.json`, 'utf8').match(/"version": "([^"]+)"/)[1];
