/* The page of the data inventory (/data): what this server holds, and why. */
#pragma once

#include "web/request.h"

/* What is held under the same rules: columns of a table, or files. */
struct data_line {
    const char *what; /* each with its purpose: "email: to write to them; name: display name" */
    const char *basis, *keep;
};

struct data_line_rows {
    struct data_line *row;
    size_t count;
};

struct data_group {
    const char *name; /* of the table */
    struct data_line_rows lines;
};

struct data_group_rows {
    struct data_group *row;
    size_t count;
};

/* What belongs together for people, and in which tables it is. */
struct data_subject {
    const char *name, *about;
    int64_t columns; /* how many there are in all */
    struct data_group_rows groups;
};

struct data_subject_rows {
    struct data_subject *row;
    size_t count;
};

/* Who gets data from this server, or got it and is no longer listed. */
struct data_recipient {
    const char *name, *host;
    const char *purpose, *what; /* "": it is not listed */
    const char *fields;         /* names of what was really sent: "code, email"; "": nothing */
    int64_t last_at;            /* 0: never */
};

struct data_recipient_rows {
    struct data_recipient *row;
    size_t count;
};

/* Answers GET /data. */
struct error *data_page_show(struct request *r);
