/* One transfer with another server; see transfer.h. */
#include "adapter/transfer.h"

#include "base/array.h"
#include "base/text.h"
#include "base/url.h"

#include <assert.h>
#include <curl/curl.h>
#include <string.h>

enum { MAX_HEADER_BYTES = 100 };

/* What libcurl refers to during a transfer. */
struct lists {
    struct curl_slist *headers, *recipients;
    curl_mime *mime;
};

static void (*observer)(const struct transfer_note *note); /* NULL: none */

void transfer_observe(void (*observe)(const struct transfer_note *note))
{
    observer = observe;
}

struct error *transfer_open(struct arena *arena)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_new(arena, ERROR_INTERNAL, "libcurl cannot be initialized");
    return NULL;
}

/* ---- callbacks of libcurl ---- */

static size_t body_take(char *bytes, size_t size, size_t count, void *user)
{
    struct transfer *transfer = user;

    if (!transfer->response_body)
        return size * count;
    if (size * count > transfer->response_max - transfer->response_body->length)
        return 0; /* libcurl aborts the transfer */
    buf_bytes(transfer->response_body, bytes, size * count);
    return size * count;
}

static int line_take(CURL *curl, curl_infotype type, char *bytes, size_t size, void *user)
{
    struct transfer *transfer = user;

    (void)curl;
    if (type == CURLINFO_HEADER_OUT || type == CURLINFO_HEADER_IN)
        transfer->listen(transfer->listener, type == CURLINFO_HEADER_OUT, bytes, size);
    return 0;
}

/* ---- options; false: unknown to libcurl, or out of memory ---- */

static bool line_add(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    *list = longer ? longer : *list;
    return longer;
}

static const struct tls {
    const char *version;
    long option;
} tls_versions[] = {
    { "1.0", CURL_SSLVERSION_TLSv1_0 | CURL_SSLVERSION_MAX_TLSv1_0 },
    { "1.1", CURL_SSLVERSION_TLSv1_1 | CURL_SSLVERSION_MAX_TLSv1_1 },
    { "1.2", CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2 },
    { "1.3", CURL_SSLVERSION_TLSv1_3 | CURL_SSLVERSION_MAX_TLSv1_3 },
};

/*
 * Debian's OpenSSL refuses old versions itself, so that a server that accepts them would seem to
 * refuse: a version that is asked for is allowed at security level 0.
 */
static bool tls_set(CURL *curl, const struct transfer *transfer)
{
    long option = CURL_SSLVERSION_TLSv1_2, is_verified = !transfer->is_unverified;
    int failed = 0;

    for (size_t i = 0; transfer->tls_version && i < COUNT(tls_versions); i++) {
        if (strcmp(tls_versions[i].version, transfer->tls_version) == 0)
            option = tls_versions[i].option;
    }
    if (transfer->tls_version)
        failed |= curl_easy_setopt(curl, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0") != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, option) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, is_verified) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2 * is_verified) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_CERTINFO, (long)transfer->is_unverified) != CURLE_OK;
    return !failed;
}

/* Common to all transfers. */
static bool safety_set(CURL *curl, const struct transfer *transfer)
{
    int failed = 0;

    failed |= curl_easy_setopt(curl, CURLOPT_URL, transfer->url) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, transfer->protocols) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK;
    /* "" is no proxy; unset would use the environment's. */
    failed |= curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) != CURLE_OK;
    failed |=
        curl_easy_setopt(curl, CURLOPT_USE_SSL,
                         (long)(transfer->is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL)) != CURLE_OK;
    failed |=
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)transfer->connect_ms) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)transfer->timeout_ms) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take) != CURLE_OK;
    failed |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, (void *)transfer) != CURLE_OK;
    return !failed;
}

static bool options_set(CURL *curl, const struct transfer *transfer)
{
    int failed = 0;

    failed |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "Domicile") != CURLE_OK;
    if (transfer->response_body)
        failed |=
            curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)transfer->response_max) != CURLE_OK;
    if (transfer->ca_file) {
        failed |= curl_easy_setopt(curl, CURLOPT_CAINFO, transfer->ca_file) != CURLE_OK;
        failed |= curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) != CURLE_OK;
    }
    if (transfer->user) {
        failed |= curl_easy_setopt(curl, CURLOPT_USERNAME, transfer->user) != CURLE_OK;
        failed |= curl_easy_setopt(curl, CURLOPT_PASSWORD, transfer->password) != CURLE_OK;
    }
    if (transfer->listen) {
        failed |= curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, line_take) != CURLE_OK;
        failed |= curl_easy_setopt(curl, CURLOPT_DEBUGDATA, (void *)transfer) != CURLE_OK;
        failed |= curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L) != CURLE_OK;
    }
    if (transfer->is_command)
        failed |= curl_easy_setopt(curl, CURLOPT_NOBODY, 1L) != CURLE_OK;
    if (transfer->body)
        failed |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS, transfer->body) != CURLE_OK;
    if (transfer->method)
        failed |= curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, transfer->method) != CURLE_OK;
    return !failed;
}

static bool headers_set(CURL *curl, const struct transfer *transfer, struct lists *lists)
{
    bool is_good = true;

    for (size_t i = 0; i < transfer->header_count; i++)
        is_good = is_good && line_add(&lists->headers, transfer->headers[i]);
    return is_good && curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lists->headers) == CURLE_OK;
}

static bool part_add(curl_mime *mime, const struct transfer_part *part)
{
    curl_mimepart *added = curl_mime_addpart(mime);

    return added && curl_mime_type(added, part->type) == CURLE_OK &&
           curl_mime_encoder(added, "quoted-printable") == CURLE_OK &&
           curl_mime_data(added, part->text, CURL_ZERO_TERMINATED) == CURLE_OK;
}

static bool mail_set(CURL *curl, const struct transfer *transfer, struct arena *arena,
                     struct lists *lists)
{
    const struct transfer_mail *mail = transfer->mail;
    bool is_good;

    if (!mail)
        return true;
    lists->mime = curl_mime_init(curl);
    /* libcurl adds the boundary; without this line it would write multipart/mixed. */
    is_good = lists->mime && line_add(&lists->headers, "Content-Type: multipart/alternative");
    for (size_t i = 0; i < mail->part_count; i++)
        is_good = is_good && part_add(lists->mime, &mail->parts[i]);
    return is_good && line_add(&lists->recipients, arena_printf(arena, "<%s>", mail->to)) &&
           curl_easy_setopt(curl, CURLOPT_MAIL_FROM, arena_printf(arena, "<%s>", mail->from)) ==
               CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, lists->recipients) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_MIMEPOST, lists->mime) == CURLE_OK;
}

/* ---- the result ---- */

/* "" if it was not sent or is not fit for a log. */
static const char *header_get(CURL *curl, struct arena *arena, const char *name)
{
    struct curl_header *header;

    if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK ||
        strlen(header->value) > MAX_HEADER_BYTES || !text_is_printable(header->value, '!'))
        return "";
    return arena_copy(arena, header->value);
}

/* Of the first certificate, which is the server's own. */
static int64_t certificate_end(CURL *curl)
{
    static const char name[] = "Expire date:";
    struct curl_certinfo *certificates = NULL;

    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &certificates) != CURLE_OK || !certificates ||
        !certificates->num_of_certs)
        return 0;
    for (const struct curl_slist *line = certificates->certinfo[0]; line; line = line->next) {
        if (text_starts(line->data, name))
            return curl_getdate(line->data + sizeof name - 1, NULL);
    }
    return 0;
}

static void response_read(CURL *curl, struct transfer *transfer, struct arena *arena)
{
    curl_off_t retry_after_s = 0;
    long status = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after_s);
    transfer->status = (int)status;
    transfer->retry_after_s = retry_after_s;
    transfer->certificate_ends_at = certificate_end(curl);
    for (size_t i = 0; i < transfer->response_header_count; i++)
        transfer->response_headers[i].value =
            header_get(curl, arena, transfer->response_headers[i].name);
}

static void transfer_tell(CURL *curl, const struct transfer *transfer, struct arena *arena)
{
    curl_off_t sent = 0, received = 0;

    if (!observer || !transfer->purpose)
        return;
    curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &sent);
    curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &received);
    observer(&(struct transfer_note){
        .host = url_service(arena, transfer->url),
        .purpose = transfer->purpose,
        .fields = transfer->fields ? transfer->fields : "",
        .sent_bytes = sent,
        .received_bytes = received,
        .is_answered = transfer->status != 0,
    });
}

static bool (*limit)(const char *host); /* NULL: all are allowed */

void transfer_limit(bool (*is_allowed)(const char *host))
{
    limit = is_allowed;
}

static enum transfer_end end_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return TRANSFER_DONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
        return TRANSFER_BROKEN;
    default:
        return TRANSFER_FAILED;
    }
}

enum transfer_end transfer_run(struct transfer *transfer, struct arena *arena)
{
    struct lists lists = { NULL };
    CURL *curl;
    CURLcode code = CURLE_FAILED_INIT;

    assert(!transfer->purpose == transfer->is_unverified);
    transfer->status = 0;
    transfer->retry_after_s = 0;
    for (size_t i = 0; i < transfer->response_header_count; i++)
        transfer->response_headers[i].value = "";
    if (limit && transfer->purpose && !limit(url_service(arena, transfer->url))) {
        transfer->problem = "the policy does not list this host as a recipient";
        return TRANSFER_FAILED;
    }
    curl = curl_easy_init();
    if (curl && safety_set(curl, transfer) && tls_set(curl, transfer) &&
        options_set(curl, transfer) && mail_set(curl, transfer, arena, &lists) &&
        headers_set(curl, transfer, &lists)) {
        code = curl_easy_perform(curl);
        response_read(curl, transfer, arena);
        transfer_tell(curl, transfer, arena);
    }
    transfer->problem = curl_easy_strerror(code);
    curl_easy_cleanup(curl);
    curl_mime_free(lists.mime);
    curl_slist_free_all(lists.headers);
    curl_slist_free_all(lists.recipients);
    return end_of(code);
}
