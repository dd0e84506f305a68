/*
 * Reads values from XML; see xml.h. The document is parsed on each call: documents are few and
 * small, and no libxml2 object outlives a call.
 */
#include "adapter/xml.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

static const char *text_of(struct arena *arena, xmlXPathObjectPtr found)
{
    const char *text = NULL;
    xmlChar *string;

    if (!found || (found->type == XPATH_NODESET && xmlXPathNodeSetIsEmpty(found->nodesetval)))
        return NULL;
    string = xmlXPathCastToString(found);
    if (string && *string)
        text = arena_copy(arena, (const char *)string);
    xmlFree(string);
    return text;
}

const char *xml_find(struct arena *arena, const char *xml, const char *path)
{
    xmlDocPtr document = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL,
                                       XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlXPathContextPtr context = document ? xmlXPathNewContext(document) : NULL;
    const char *text = NULL;

    if (context) {
        xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)path, context);

        text = text_of(arena, found);
        xmlXPathFreeObject(found);
        xmlXPathFreeContext(context);
    }
    if (document)
        xmlFreeDoc(document);
    return text;
}
