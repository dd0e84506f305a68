/*
 * Every setting of domicile.conf: its field in struct config, its key, its type and its default.
 * config.h generates the fields from these tables and config.c reads the file by them; a new
 * setting is one line here and one in domicile.conf.
 *
 *   KEY(kind, field, "key", .fallback = "default", .choices = "|a|b|", .former = "old_key")
 *
 * Without `.fallback` the key is required. In the default of a named section, "*" stands for its
 * name. `.former` is an old name of the key that is still accepted.
 */
#pragma once

/* clang-format off */
#define CONFIG_SERVER_KEYS(KEY)                                                                    \
    KEY(TEXT, server_name, "name", .fallback = "Domicile")                                         \
    /* An origin without a trailing slash: "https://localhost:8443". */                            \
    KEY(URL, public_url, "public_url")                                                             \
    KEY(TEXT, identity, "identity", .fallback = "local", .choices = "|local|workos|")              \
    KEY(TEXT, operator_email, "operator")                                                          \
    /* ISO 4217. */                                                                                \
    KEY(TEXT, currency, "currency", .fallback = "EUR", .choices = "|EUR|USD|GBP|CHF|")             \
    /* Networks: "10.0.0.0/8, 2001:db8::/32". */                                                   \
    /* Whether "make run" builds the full image */                                                 \
    KEY(TEXT, image_build, "image_build", .fallback = "on", .choices = "|on|off|")                 \
    /* Whether people may fetch their public keys from GitHub. */                                  \
    KEY(TEXT, github_import, "github_import", .fallback = "off", .choices = "|on|off|")            \
    /* Whether people may ask for an account on the sign-in page. */                               \
    KEY(TEXT, access_requests, "access_requests", .fallback = "off", .choices = "|on|off|")        \
    KEY(OPTIONAL, trusted_proxies, "trusted_proxies", .fallback = "")                              \
    KEY(OPTIONAL, unlimited_networks, "unlimited_networks", .fallback = "")

/* Per team. */
#define CONFIG_QUOTA_KEYS(KEY)                                                                     \
    KEY(NUMBER, quota_vms, "vms", .fallback = "5")                                                 \
    KEY(NUMBER, quota_vcpus, "vcpus", .fallback = "8")                                             \
    KEY(NUMBER, quota_memory_mb, "memory_mb", .fallback = "8192")                                  \
    KEY(NUMBER, quota_disk_gb, "disk_gb", .fallback = "60")

#define CONFIG_WORKOS_KEYS(KEY)                                                                    \
    KEY(OPTIONAL, workos_client_id, "client_id", .fallback = "")                                   \
    /* Base URL of WorkOS, for browsers and for us. */                                             \
    KEY(URL, workos_url, "url", .fallback = "https://api.workos.com")

#define CONFIG_GITHUB_KEYS(KEY)                                                                    \
    /* Another one only on this computer, for tests. */                                            \
    KEY(URL, github_url, "url", .fallback = CONFIG_GITHUB_URL)
#define CONFIG_GITHUB_URL "https://github.com"

/* With mail = smtp, the other keys are validated together: config_mail.c. */
#define CONFIG_MAIL_KEYS(KEY)                                                                      \
    KEY(TEXT, mail, "mail", .fallback = "off", .choices = "|off|smtp|")                            \
    /* "smtp://host:587" (STARTTLS) or "smtps://host:465". */                                      \
    KEY(OPTIONAL, mail_url, "url", .fallback = "")                                                 \
    /* "": none; the password is the secret smtp-password. */                                      \
    KEY(OPTIONAL, mail_user, "user", .fallback = "")                                               \
    /* As written: "Domicile <noreply@example.org>" or only an address. */                         \
    KEY(OPTIONAL, mail_from, "from", .fallback = "")                                               \
    /* "": the system's CA certificates. */                                                        \
    KEY(OPTIONAL, mail_ca_file, "ca_file", .fallback = "")                                         \
    /* Of the mail server, as the operator declares it. */                                         \
    KEY(COUNTRY, mail_country, "country", .fallback = "")

#define CONFIG_BILLING_KEYS(KEY)                                                                   \
    KEY(TEXT, billing, "billing", .fallback = "off", .choices = "|off|stripe|")                    \
    /* Per month, in addition to usage. */                                                         \
    KEY(NUMBER, base_cents, "base_cents", .fallback = "0")                                         \
    /* Of a team's first subscription; 0: none. */                                                 \
    KEY(NUMBER, trial_days, "trial_days", .fallback = "14")                                        \
    /* Days overdue before VMs are stopped; then their disks are retained. */                      \
    KEY(NUMBER, grace_days, "grace_days", .fallback = "7")                                         \
    KEY(NUMBER, retention_days, "retention_days", .fallback = "30", .former = "keep_days")

#define CONFIG_STRIPE_KEYS(KEY)                                                                    \
    KEY(URL, stripe_url, "url", .fallback = "https://api.stripe.com")

#define CONFIG_PRIVACY_KEYS(KEY)                                                                   \
    KEY(TEXT, profile, "profile", .fallback = "personal-vm",                                       \
        .choices = "|personal-vm|desktop|agent-runs|sandbox-api|shared-session|")                  \
    /* Days; "": as the profile has it, see config_profile.c. */                                   \
    KEY(OPTIONAL, destroyed_vm_days_set, "destroyed_vm_days", .fallback = "")                      \
    KEY(OPTIONAL, log_days_set, "log_days", .fallback = "")                                        \
    KEY(OPTIONAL, notice_days_set, "notice_days", .fallback = "")                                  \
    KEY(OPTIONAL, closed_account_days_set, "closed_account_days", .fallback = "")                  \
    /* Who is responsible by law for the data (GDPR Art. 4(7)), and where. */                      \
    KEY(OPTIONAL, controller, "controller", .fallback = "")                                        \
    KEY(OPTIONAL, controller_address, "address", .fallback = "")                                   \
    KEY(COUNTRY, controller_country, "country", .fallback = "")                                    \
    /* An email address; "" in the file: the operator's. */                                        \
    KEY(OPTIONAL, privacy_contact, "contact", .fallback = "")                                      \
    /* The supervisory authority (GDPR Art. 77). */                                                \
    KEY(OPTIONAL, authority, "authority", .fallback = "")                                          \
    KEY(OPTIONAL, authority_url, "authority_url", .fallback = "")                                  \
    /* In years. */                                                                                \
    KEY(NUMBER, minimum_age, "minimum_age", .fallback = "16")

#define CONFIG_REGION_KEYS(KEY)                                                                    \
    /* Display name: "This server". */                                                             \
    KEY(TEXT, label, "label", .fallback = "*")                                                     \
    KEY(TEXT, driver, "driver", .fallback = "libvirt", .choices = "|libvirt|")                     \
    /* A libvirt connection URI. */                                                                \
    KEY(TEXT, uri, "uri", .fallback = "qemu:///session")                                           \
    KEY(TEXT, accelerator, "accelerator", .fallback = "auto", .choices = "|auto|kvm|tcg|")         \
    /* qemu:///system: the isolated bridge; otherwise "". */                                       \
    KEY(OPTIONAL, bridge, "bridge", .fallback = "")                                                \
    /* Where it is, as the operator declares it. */                                                \
    KEY(COUNTRY, country, "country", .fallback = "")                                               \
    /* What users type. */                                                                         \
    KEY(TEXT, ssh_host, "ssh_host", .fallback = "localhost")                                       \
    KEY(PORTS, ssh_ports, "ssh_ports", .fallback = "22000-22999")                                  \
    /* What each VM may do with its disk each second; 0: no limit. */                              \
    KEY(NUMBER, disk_iops, "disk_iops", .fallback = "4000")                                        \
    KEY(NUMBER, disk_mb_s, "disk_mb_s", .fallback = "200")                                         \
    /* Start VMs again that ran when the host went down. */                                        \
    KEY(TEXT, autostart, "autostart", .fallback = "on", .choices = "|on|off|")

#define CONFIG_SIZE_KEYS(KEY)                                                                      \
    KEY(TEXT, label, "label", .fallback = "*")                                                     \
    KEY(NUMBER, vcpus, "vcpus", .fallback = "1")                                                   \
    KEY(NUMBER, memory_mb, "memory_mb")                                                            \
    KEY(NUMBER, disk_gb, "disk_gb")

#define CONFIG_IMAGE_KEYS(KEY)                                                                     \
    KEY(TEXT, label, "label", .fallback = "*")                                                     \
    /* One line, for the create page. */                                                           \
    KEY(OPTIONAL, about, "about", .fallback = "")                                                  \
    /* Absolute; in the file relative to the state directory. */                                   \
    KEY(TEXT, dir, "dir", .fallback = "images/*")                                                  \
    /* The login user. */                                                                          \
    KEY(NAME, user, "user", .fallback = "dev")                                                     \
    /* Minimum memory. */                                                                          \
    KEY(NUMBER, memory_mb, "memory_mb", .fallback = "128")                                         \
    /* VMs that are booted in advance, in each region. */                                          \
    KEY(NUMBER, pool, "pool", .fallback = "0")

/* Default sections of a kind that the file has none of; repeated in domicile.conf. */
#define CONFIG_SHIPPED_REGIONS                                                                     \
    "[region local]\n"                                                                             \
    "label = This computer\n"
#define CONFIG_SHIPPED_SIZES                                                                       \
    "[size nano]\n"                                                                                \
    "label = Nano\n"                                                                               \
    "vcpus = 1\n"                                                                                  \
    "memory_mb = 128\n"                                                                            \
    "disk_gb = 1\n"                                                                                \
    "[size small]\n"                                                                               \
    "label = Small\n"                                                                              \
    "vcpus = 1\n"                                                                                  \
    "memory_mb = 1024\n"                                                                           \
    "disk_gb = 10\n"                                                                               \
    "[size medium]\n"                                                                              \
    "label = Medium\n"                                                                             \
    "vcpus = 2\n"                                                                                  \
    "memory_mb = 4096\n"                                                                           \
    "disk_gb = 20\n"
#define CONFIG_SHIPPED_PRICES                                                                      \
    "[prices 2026-01-01]\n"                                                                        \
    "nano = 100\n"                                                                                 \
    "small = 400\n"                                                                                \
    "medium = 1200\n"                                                                              \
    "stopped_disk_gb = 5\n"                                                                        \
    "snapshot_gb = 3\n"
#define CONFIG_SHIPPED_IMAGES                                                                      \
    "[image debian-12]\n"                                                                          \
    "label = Debian 12\n"                                                                          \
    "about = With git, curl, tmux, a compiler, Node and Python.\n"                                 \
    "dir = images/debian-12\n"                                                                     \
    "user = dev\n"                                                                                 \
    "memory_mb = 384\n"                                                                            \
    "[image debian-12-agent]\n"                                                                    \
    "label = Debian 12 with agents\n"                                                              \
    "about = The same with Claude Code and Codex. Bring your own account or key.\n"                \
    "dir = images/debian-12-agent\n"                                                               \
    "user = dev\n"                                                                                 \
    "memory_mb = 1024\n"                                                                           \
    "[image tiny-dev]\n"                                                                           \
    "label = Tiny Linux with git\n"                                                                \
    "about = Bash, git and SFTP over BusyBox, up in seconds. Only /home is kept.\n"                \
    "dir = images/tiny-dev\n"                                                                      \
    "user = dev\n"                                                                                 \
    "memory_mb = 256\n"                                                                            \
    CONFIG_SHIPPED_TINY
#define CONFIG_SHIPPED_TINY                                                                        \
    "[image tiny]\n"                                                                               \
    "label = Tiny Linux\n"                                                                         \
    "about = BusyBox and an SSH server, up in seconds. No tools, and only /home is kept.\n"        \
    "dir = images/tiny\n"                                                                          \
    "user = dev\n"                                                                                 \
    "memory_mb = 128\n"
/* clang-format on */

/* The fields of a table: CONFIG_SERVER_KEYS(CONFIG_FIELD). */
#define CONFIG_TYPE_TEXT               const char *
#define CONFIG_TYPE_OPTIONAL           const char *
#define CONFIG_TYPE_URL                const char *
#define CONFIG_TYPE_NAME               const char *
#define CONFIG_TYPE_COUNTRY            const char *
#define CONFIG_TYPE_PORTS              const char *
#define CONFIG_TYPE_NUMBER             int64_t
#define CONFIG_FIELD(kind, field, ...) CONFIG_TYPE_##kind field;
