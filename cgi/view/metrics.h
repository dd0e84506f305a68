/* What machines ask: whether the server works, and figures for Prometheus. */
#pragma once

#include "web/request.h"

/*
 * Answers GET /healthz: 200 "ok", or 503 when the worker has not looked at its hosts for two
 * minutes. Says nothing else to anybody.
 */
struct error *health_show(struct request *r);

/*
 * Answers GET /metrics in the text format of Prometheus; nginx lets only this computer ask.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
struct error *metrics_show(struct request *r);

/* Whom to tell of a security problem: RFC 9116, https://www.rfc-editor.org/rfc/rfc9116 */
struct error *security_txt_show(struct request *r);

/* One hash over the signed ends of all chains of the history; see model/audit_head.h. */
struct error *audit_show(struct request *r);

/* That Global Privacy Control is obeyed. */
struct error *gpc_show(struct request *r);
