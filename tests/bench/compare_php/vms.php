<?php
// The list of VMs as PHP people write it: PDO, prepared statements, a template with short tags that escapes
// every value. Same database, same text as templates/vms.html; run.sh compares them.
declare(strict_types=1);
error_reporting(E_ALL);

const QUOTA = ['vms' => 5, 'vcpus' => 8, 'memory_mb' => 8192, 'disk_gb' => 60];
const IMAGES = ['tiny' => ['Tiny Linux', 'dev'], 'debian-12' => ['Debian 12', 'dev']];
const HOURS_PER_MONTH = 730;
const STATES = [ // label, class, what may be asked
    'running' => ['Running', 'on', ['stop', 'restart', 'snapshot', 'destroy']],
    'stopped' => ['Stopped', 'off', ['start', 'snapshot', 'destroy']],
    'paused' => ['Paused', 'wait', ['resume', 'stop', 'destroy']],
    'failed' => ['Failed', 'bad', ['retry', 'destroy']],
];

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
    return '<svg class="i" aria-hidden="true"><use href="/static/sprite.dd1b7b21a98e.svg#' . $name . '"/></svg>';
}

function memory(int $mb): string
{
    return $mb < 1024 ? "$mb MB" : rtrim(rtrim(number_format($mb / 1024, 1), '0'), '.') . ' GB';
}

function since(int $at, int $now): string
{
    $s = $now - $at;
    [$days, $hours, $minutes] = [intdiv($s, 86400), intdiv($s, 3600) % 24, intdiv($s, 60) % 60];
    $text = $days ? "$days d" . ($hours ? " $hours h" : '') : ($hours ? "$hours h" . ($minutes ? " $minutes min" : '') : "$minutes min");
    return '<time datetime="' . gmdate('Y-m-d\TH:i:s\Z', $at) . '" title="' . gmdate('j M Y, H:i', $at) . " UTC\">$text</time>";
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
    FROM vm WHERE team_id = :team AND gone_at IS NULL", $team)[0];
$gone = rows('SELECT id, name, gone_at FROM vm WHERE team_id = :team AND gone_at > :since ORDER BY gone_at DESC, id LIMIT 5',
    $team + ['since' => $now - 86400]);
$hosts = rows('SELECT accelerator, error FROM region_status');
$keys = rows('SELECT count(*) AS total FROM ssh_key WHERE team_id = :team', $team)[0]['total'];
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

$token = csrf($session['csrf_secret']);
header('Content-Type: text/html; charset=utf-8');
header('Cache-Control: no-store');
require __DIR__ . '/vms.phtml';
