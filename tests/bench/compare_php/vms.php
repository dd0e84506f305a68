<?php
// The list of VMs as PHP people write it: PDO, prepared statements, a template with short tags that escapes
// every value. Same database and same text as templates/vms.html shows of more VMs than a short list has, which
// is without activity; run.sh and the test of the peers (peers_check.sh) compare them.
declare(strict_types=1);
error_reporting(E_ALL);

const QUOTA = ['vms' => 5, 'vcpus' => 8, 'memory_mb' => 8192, 'disk_gb' => 60];
const IMAGES = ['tiny' => ['Tiny Linux', 'dev'], 'debian-12' => ['Debian 12', 'dev']];
const HOURS_PER_MONTH = 730;
const STATES = [ // label, class, what may be asked
    'running' => ['Running', 'on', ['stop', 'restart', 'snapshot', 'destroy']],
    'stopped' => ['Stopped', 'off', ['start', 'snapshot', 'destroy']],
    'paused' => ['Paused', 'wait', ['resume', 'stop', 'destroy']],
    'failed' => ['Failed', 'bad', ['retry', 'stop', 'destroy']],
];
const ASKS = ['start' => 'Start', 'resume' => 'Resume', 'retry' => 'Retry', 'stop' => 'Stop', 'restart' => 'Restart',
    'snapshot' => 'Create snapshot'];
const FILTERS = ['' => 'All', 'running' => 'Running', 'stopped' => 'Stopped', 'attention' => 'Problems'];
const THEMES = ['system', 'light', 'dark'];

$db = new PDO('sqlite:' . $_SERVER['STATE'] . '/data/main.db', null, null, [
    PDO::ATTR_PERSISTENT => true,
    PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
    PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
]);

function rows(string $sql, array $values = []): array
{
    global $db;
    $statement = $db->prepare($sql);
    foreach ($values as $name => $value) {
        $statement->bindValue($name, $value, is_int($value) ? PDO::PARAM_INT : ($name === 'hash' ? PDO::PARAM_LOB : PDO::PARAM_STR));
    }
    $statement->execute();
    return $statement->fetchAll();
}

function h(string|int|null $text): string
{
    return htmlspecialchars((string)$text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

function icon(string $name): string
{
    return '<svg class="i" aria-hidden="true"><use href="/static/sprite.929ee5341f2f.svg#' . $name . '"/></svg>';
}

function memory(int $mb): string
{
    return $mb < 1024 ? "$mb MB" : disk($mb / 1024);
}

function disk(int|float $gb): string
{
    return ($gb < 10 ? round($gb, 1) : round($gb)) . ' GB';
}

function at(int $at, string $text): string
{
    return '<time datetime="' . gmdate('Y-m-d\TH:i:s\Z', $at) . '" title="' . gmdate('j M Y, H:i', $at) . " UTC\">$text</time>";
}

function span(int $s): string
{
    [$days, $hours, $minutes] = [intdiv($s, 86400), intdiv($s, 3600) % 24, intdiv($s, 60) % 60];
    return $days ? "$days d" . ($hours ? " $hours h" : '') : ($hours ? "$hours h" . ($minutes ? " $minutes min" : '') : "$minutes min");
}

function csrf(string $secret): string
{
    $salt = random_bytes(16);
    return rtrim(strtr(base64_encode($salt . hash_hmac('sha256', "csrf1$salt", $secret, true)), '+/', '-_'), '=');
}

$now = time();
$db->beginTransaction();
$session = rows('SELECT s.handle, s.person_id, s.current_team_id AS team_id, s.csrf_secret, p.email, p.name, p.theme,
        t.name AS team_name, t.cap_cents, m.role, b.status
    FROM session s JOIN person p ON p.id = s.person_id JOIN team t ON t.id = s.current_team_id
    JOIN membership m ON m.team_id = t.id AND m.person_id = p.id LEFT JOIN billing b ON b.team_id = t.id
    WHERE s.id_hash = :hash AND s.idle_at > :now AND s.expires_at > :now',
    ['hash' => hash('sha256', $_COOKIE['__Host-session'] ?? '', true), 'now' => $now])[0] ?? null;
if (!$session) {
    header('Location: /signin', true, 303);
    exit;
}
$team = ['team' => (int)$session['team_id']];
$vms = rows("SELECT id, name, image, size, vcpus, memory_mb, disk_gb, state, state_at, up_at, observed, unresponsive_at,
        ssh_host, ssh_port, last_error, cpu_line, cpu_percent,
        (SELECT ifnull(sum(n.disk_gb), 0) FROM snapshot n WHERE n.vm_id = vm.id AND n.state = 'ready') AS snapshot_gb
    FROM vm WHERE team_id = :team AND gone_at IS NULL ORDER BY created_at DESC, id LIMIT 100", $team);
$used = rows("SELECT count(*) AS vms, ifnull(sum(vcpus), 0) AS vcpus, ifnull(sum(memory_mb), 0) AS memory_mb,
        ifnull(sum(disk_gb), 0) + ifnull((SELECT sum(s.disk_gb) FROM snapshot s
            WHERE s.team_id = :team AND s.state <> 'failed'), 0) AS disk_gb,
        ifnull(sum(standing = 'running'), 0) AS running, ifnull(sum(standing = 'stopped'), 0) AS stopped,
        ifnull(sum(standing = 'attention'), 0) AS attention
    FROM vm_entry WHERE team_id = :team", $team)[0];
$gone = rows('SELECT id, name, gone_at FROM vm WHERE team_id = :team AND gone_at > :since ORDER BY gone_at DESC, id LIMIT 3',
    $team + ['since' => $now - 30 * 86400]);
$has_receipts = $gone || rows('SELECT 1 FROM vm WHERE team_id = :team AND gone_at > :since LIMIT 1',
    $team + ['since' => $now - 7 * 366 * 86400]);
$is_emulated = in_array('tcg', array_column(rows('SELECT accelerator FROM region_status'), 'accelerator'), true);
$price = [];
foreach (rows('SELECT item, millicents FROM price WHERE from_at <= :now ORDER BY from_at', ['now' => $now]) as $row) {
    $price[$row['item']] = (int)$row['millicents'];
}
$db->commit();

function cost(array $vm, array $price): string
{
    $rate = match ($vm['observed']) {
        'running' => ($price[$vm['size']] ?? 0) + $price['snapshot_gb'] * $vm['snapshot_gb'],
        'stopped' => $price['stopped_disk_gb'] * $vm['disk_gb'] + $price['snapshot_gb'] * $vm['snapshot_gb'],
        default => 0,
    };
    return '€' . number_format($rate * HOURS_PER_MONTH / 100000, 2);
}

function quota(array $used): array
{
    $left = QUOTA['vms'] - $used['vms'];
    $words = [
        'vms' => "{$used['vms']} of " . QUOTA['vms'] . ' VMs' . ($left > 0 && $left < 3 ? ", $left left" : ''),
        'vcpus' => "{$used['vcpus']} of " . QUOTA['vcpus'] . ' vCPUs',
        'memory_mb' => memory($used['memory_mb']) . ' of ' . memory(QUOTA['memory_mb']) . ' memory',
        'disk_gb' => disk($used['disk_gb']) . ' of ' . disk(QUOTA['disk_gb']) . ' disk',
    ];
    $quota = [];
    foreach ($words as $name => $text) {
        $quota[] = ['words' => $text, 'share' => $used[$name] / QUOTA[$name]];
    }
    return $quota;
}

$quota = quota($used);
$shares = array_column($quota, 'share');
$tightest = array_search(max($shares), $shares, true);
$token = csrf($session['csrf_secret']);
header('Content-Type: text/html; charset=utf-8');
header('Cache-Control: no-store');
require __DIR__ . '/vms.phtml';
