/* Style sheet and script of the report: constants, so that the page needs nothing else. */
#ifndef REPORT_HTML_PARTS_H
#define REPORT_HTML_PARTS_H

extern const char html_parts_style[];
extern const char html_parts_script[];

#endif
