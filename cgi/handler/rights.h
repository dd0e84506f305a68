/*
 * What a person may decide about their data: whether requests are counted and VMs measured, a
 * restriction of the account, and a copy of the data.
 */
#pragma once

#include "web/request.h"

struct error *rights_statistics_set(struct request *r);  /* POST /account/statistics */
struct error *rights_charts_set(struct request *r);      /* POST /account/charts */
struct error *rights_restriction_set(struct request *r); /* POST /account/restriction */
struct error *rights_copy_request(struct request *r);    /* POST /account/copy */
struct error *rights_copy_download(struct request *r);   /* POST /account/copy/:id */
