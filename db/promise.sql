-- promise_list(now_at int) rows (state text, is_late int)
-- One that has not been measured for three of its intervals is unknown, whatever it was: late. One
-- that was never measured (checked_at 0) is unknown, and not late.
SELECT id, topic, sentence, mechanism, every_s, unit, figure, figure_max, evidence, checked_at,
       changed_at, is_late, CASE WHEN is_late THEN 'unknown' ELSE state END AS state
FROM (SELECT *, checked_at AND checked_at + 3 * every_s < :now_at AS is_late
      FROM promise /* scan ok */) ORDER BY position /* sort ok */;

-- promise_get(id text) row
SELECT state, position, sentence, checked_at FROM promise WHERE id = :id;

-- promise_put(id text, position int, topic text, sentence text, mechanism text, every_s int, state text, unit text, figure int, figure_max int, evidence text, checked_at int, now_at int) done
INSERT INTO promise (id, position, topic, sentence, mechanism, every_s, state, unit, figure,
                     figure_max, evidence, checked_at, changed_at)
VALUES (:id, :position, :topic, :sentence, :mechanism, :every_s, :state, :unit, :figure,
        :figure_max, :evidence, :checked_at, :now_at)
ON CONFLICT (id) DO UPDATE SET position = :position, topic = :topic, sentence = :sentence,
    mechanism = :mechanism, every_s = :every_s, state = :state, unit = :unit, figure = :figure,
    figure_max = :figure_max, evidence = :evidence, checked_at = :checked_at,
    changed_at = CASE WHEN state = :state THEN changed_at ELSE :now_at END;

-- promise_untold(day_at int) rows
-- Broken since the last mail about it, which was not on the day that begins at `day_at`.
SELECT id, sentence, changed_at FROM promise
WHERE state = 'red' AND ifnull(told_at, 0) < min(changed_at, :day_at)
ORDER BY position /* scan ok */ /* sort ok */;

-- promise_told(day_at int, now_at int) done
UPDATE promise SET told_at = :now_at
WHERE state = 'red' AND ifnull(told_at, 0) < min(changed_at, :day_at) /* scan ok */;

-- promise_delete_others(ids text) done
-- Those that this version does not make; `ids` is a JSON array.
DELETE FROM promise WHERE id NOT IN (SELECT value FROM json_each(:ids)) /* scan ok */;

-- promise_oldest(kind text) row (oldest_at int) across teams
-- From when the oldest row of a kind is, or when the period of one ended; 0: there is none. Of the
-- ledger, the end of its month.
SELECT ifnull(CASE :kind
    WHEN 'session' THEN (SELECT min(min(expires_at, idle_at)) FROM session /* scan ok */)
    WHEN 'session_start' THEN (SELECT min(created_at) FROM session /* scan ok */)
    WHEN 'closed_team' THEN (SELECT min(t.closed_at) FROM team t WHERE t.closed_at IS NOT NULL
        AND EXISTS (SELECT 1 FROM vm WHERE vm.team_id = t.id AND vm.gone_at IS NULL) /* scan ok */)
    WHEN 'objected_usage' THEN (SELECT min(at) FROM (SELECT min(u.minute_at) AS at FROM usage_minute u
            JOIN team t ON t.id = u.team_id AND t.is_unmeasured
        UNION ALL SELECT min(u.from_at) FROM usage_day u
            JOIN team t ON t.id = u.team_id AND t.is_unmeasured) /* scan ok */)
    WHEN 'restricted_vm' THEN (SELECT min(p.restricted_at) FROM person p
        WHERE p.restricted_at IS NOT NULL AND EXISTS (SELECT 1 FROM vm JOIN team t ON t.id = vm.team_id
            WHERE t.personal_of = p.id AND vm.observed <> 'stopped' AND vm.gone_at IS NULL) /* scan ok */)
    WHEN 'suspended_vm' THEN (SELECT min(coalesce(t.suspended_at, p.suspended_at)) FROM team t
        LEFT JOIN person p ON p.id = t.personal_of
        WHERE coalesce(t.suspended_at, p.suspended_at) IS NOT NULL AND EXISTS (SELECT 1 FROM vm
            WHERE vm.team_id = t.id AND vm.observed <> 'stopped' AND vm.gone_at IS NULL) /* scan ok */)
    WHEN 'destroyed_vm' THEN (SELECT min(gone_at) FROM vm WHERE gone_at IS NOT NULL)
    WHEN 'mail_content' THEN (SELECT min(created_at) FROM mail
        WHERE coalesce(amount, vm_name, browser, promise, url, happened_at, until_at) IS NOT NULL /* scan ok */)
    WHEN 'payment_link' THEN (SELECT min(expires_at) FROM billing_request
        WHERE url IS NOT NULL /* scan ok */)
    WHEN 'signin_link' THEN (SELECT min(created_at) FROM signin_link /* scan ok */)
    WHEN 'usage_minute' THEN (SELECT min(minute_at) FROM usage_minute /* scan ok */)
    WHEN 'usage_day' THEN (SELECT min(from_at) FROM usage_day /* scan ok */)
    WHEN 'mail' THEN (SELECT min(created_at) FROM mail /* scan ok */)
    -- Of a VM that has started, as if it were a day older.
    WHEN 'user_data' THEN (SELECT min(iif(v.state IN ('creating', 'failed'), d.created_at, v.state_at - 86400))
        FROM vm_user_data d JOIN vm v ON v.id = d.vm_id /* scan ok */)
    WHEN 'rights_request' THEN (SELECT min(ended_at) FROM rights_request /* scan ok */)
    WHEN 'outbound' THEN (SELECT min(last_at) FROM outbound /* scan ok */)
    WHEN 'invite' THEN (SELECT min(created_at) FROM invite)
    WHEN 'access_request' THEN (SELECT min(since_at) FROM access_request)
    WHEN 'known_browser' THEN (SELECT min(seen_at) FROM known_browser /* scan ok */)
    WHEN 'ledger' THEN (SELECT unixepoch(min(at), 'unixepoch', 'start of month', '+1 month') FROM (SELECT min(month_at) AS at FROM ledger
        UNION ALL SELECT min(month_at) FROM ledger_sum
        UNION ALL SELECT min(month_at) FROM ledger_day) /* scan ok */)
    WHEN 'receipt' THEN (SELECT min(at) FROM (SELECT min(gone_at) AS at FROM receipt
        UNION ALL SELECT min(removed_at) FROM receipt_part) /* scan ok */)
    WHEN 'invoice' THEN (SELECT min(created_at) FROM invoice /* scan ok */)
    WHEN 'billing_activity' THEN (SELECT min(at) FROM billing_activity /* scan ok */)
    WHEN 'usage_report' THEN (SELECT min(hour_at) FROM usage_report /* scan ok */)
    WHEN 'event' THEN (SELECT min(received_at) FROM event /* scan ok */)
    WHEN 'workos_object' THEN (SELECT min(told_at) FROM workos_object /* scan ok */)
    END, 0) AS oldest_at;
