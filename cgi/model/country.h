/* Names of countries in English, by their two letters (ISO 3166-1). */
#pragma once

/* Of nobody, as cgi/run.sh writes it for trying out. */
#define COUNTRY_EXAMPLE "ZZ"

/* "Germany" for "DE"; the letters themselves for a country that is not in the list. */
const char *country_name(const char *code);
