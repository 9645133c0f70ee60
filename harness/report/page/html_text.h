/* Style sheet and script of the report (page.css, page.js): constants of the program, so that the
 * page needs nothing else. */
#ifndef REPORT_HTML_TEXT_H
#define REPORT_HTML_TEXT_H

extern const char html_text_style[];
extern const char html_text_script[];

#endif
