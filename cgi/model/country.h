/* Names of countries in English, by their two letters (ISO 3166-1). */
#pragma once

/* "Germany" for "DE"; the letters themselves for a country that is not in the list. */
const char *country_name(const char *code);
