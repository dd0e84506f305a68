/* Countries where servers and their operators often are; see country.h. */
#include "model/country.h"

#include "base/array.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *code, *name;
} countries[] = {
    { COUNTRY_EXAMPLE, "Example Country" },
    /* The European Economic Area. */
    { "AT", "Austria" },
    { "BE", "Belgium" },
    { "BG", "Bulgaria" },
    { "CY", "Cyprus" },
    { "CZ", "Czechia" },
    { "DE", "Germany" },
    { "DK", "Denmark" },
    { "EE", "Estonia" },
    { "ES", "Spain" },
    { "FI", "Finland" },
    { "FR", "France" },
    { "GR", "Greece" },
    { "HR", "Croatia" },
    { "HU", "Hungary" },
    { "IE", "Ireland" },
    { "IS", "Iceland" },
    { "IT", "Italy" },
    { "LI", "Liechtenstein" },
    { "LT", "Lithuania" },
    { "LU", "Luxembourg" },
    { "LV", "Latvia" },
    { "MT", "Malta" },
    { "NL", "the Netherlands" },
    { "NO", "Norway" },
    { "PL", "Poland" },
    { "PT", "Portugal" },
    { "RO", "Romania" },
    { "SE", "Sweden" },
    { "SI", "Slovenia" },
    { "SK", "Slovakia" },
    /* Others. */
    { "AU", "Australia" },
    { "BR", "Brazil" },
    { "CA", "Canada" },
    { "CH", "Switzerland" },
    { "GB", "the United Kingdom" },
    { "IL", "Israel" },
    { "IN", "India" },
    { "JP", "Japan" },
    { "KR", "South Korea" },
    { "MX", "Mexico" },
    { "NZ", "New Zealand" },
    { "SG", "Singapore" },
    { "TR", "T\u00fcrkiye" },
    { "UA", "Ukraine" },
    { "US", "the United States" },
    { "ZA", "South Africa" },
};

const char *country_name(const char *code)
{
    for (size_t i = 0; i < COUNT(countries); i++) {
        if (strcmp(countries[i].code, code) == 0)
            return countries[i].name;
    }
    return code;
}
