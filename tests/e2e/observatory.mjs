// The score of an answer by the rules of the HTTP Observatory, algorithm 6, as far as one answer shows
// them: the redirection is tested elsewhere (308 from plain HTTP to the same host), CORS is not used.
const GOOD_REFERRER = ['no-referrer', 'same-origin', 'strict-origin', 'strict-origin-when-cross-origin'];

function policyScore(text) {
  if (!text) return -25;
  const policy = new Map(text.split(';').map((part) => part.trim().split(/\s+/)).filter(([name]) => name)
    .map(([name, ...sources]) => [name, sources]));
  const sources = (name) => policy.get(name) ?? policy.get('default-src') ?? ['*'];
  const active = [...sources('script-src'), ...sources('object-src')];
  if (active.some((s) => ["'unsafe-inline'", 'data:', '*', 'http:', 'https:'].includes(s))) return -20;
  if (active.includes("'unsafe-eval'")) return -10;
  if ([...sources('img-src'), ...sources('media-src')].some((s) => s.startsWith('http:'))) return -10;
  if (sources('style-src').some((s) => ["'unsafe-inline'", 'data:', '*', 'http:', 'https:'].includes(s))) return 0;
  return policy.get('default-src')?.join() === "'none'" ? 10 : 5;
}

function cookieScore(cookies) {
  if (cookies.length === 0) return 0;
  const all = (attribute) => cookies.every((c) => new RegExp(`;\\s*${attribute}(;|$)`, 'i').test(c));
  if (!all('Secure')) return -40;
  if (!all('HttpOnly')) return -30;
  return all('SameSite=(Lax|Strict)') ? 5 : 0;
}

function integrityScore(html) {
  const scripts = html.match(/<script\b[^>]*\bsrc=[^>]*>/g) ?? [];
  if (scripts.length === 0) return 0;
  if (scripts.some((s) => /src="(https?:)?\/\//.test(s))) return scripts.every((s) => /integrity=/.test(s)) ? 5 : -50;
  return scripts.every((s) => /integrity="sha(256|384|512)-/.test(s)) ? 5 : 0;
}

// `answer` is what ask() of lib.mjs resolves to.
export function observatory(answer) {
  const one = (name) => {
    const values = answer.raw.filter((_, i) => i % 2 === 1 && answer.raw[i - 1].toLowerCase() === name);
    return values.length === 1 ? values[0] : values.length ? 'repeated' : null;
  };
  const isOneOf = (name, values, good, bad, missing) => {
    const value = one(name);
    return value === null ? missing : values.includes(value) ? good : bad;
  };
  const policy = one('content-security-policy');
  const age = Number(one('strict-transport-security')?.match(/max-age=(\d+)/)?.[1] ?? NaN);
  const scores = [
    policyScore(policy),
    cookieScore(answer.headers['set-cookie'] ?? []),
    isOneOf('cross-origin-embedder-policy', ['require-corp', 'credentialless'], 10, -5, 0),
    isOneOf('cross-origin-opener-policy', ['same-origin', 'same-origin-allow-popups'], 10, -5, 0),
    isOneOf('cross-origin-resource-policy', ['same-origin', 'same-site'], 10, -5, 0),
    isOneOf('referrer-policy', GOOD_REFERRER, 5, -5, 0),
    Number.isNaN(age) ? -20 : age >= 15768000 ? 0 : -10,
    /html/.test(one('content-type') ?? '') ? integrityScore(answer.text) : 0,
    isOneOf('x-content-type-options', ['nosniff'], 0, -5, -5),
    /frame-ancestors/.test(policy ?? '') ? 5 : isOneOf('x-frame-options', ['DENY', 'SAMEORIGIN'], 5, -20, -20),
  ];
  const total = 100 + scores.filter((s) => s < 0).reduce((a, b) => a + b, 0);
  // Bonuses count only for who has hardly lost anything.
  return total >= 90 ? total + scores.filter((s) => s > 0).reduce((a, b) => a + b, 0) : total;
}
