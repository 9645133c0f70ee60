/* Style sheet and script of the report, as they lie beside this file. */
#include "harness/report/page/html_text.h"

/* A text with a NUL behind it; paths are those of the root, where the build runs. */
#define HTML_TEXT(name, path)                                                            \
	__asm__(".pushsection .rodata\n.global " name "\n.type " name ", @object\n" name \
		":\n.incbin \"" path "\"\n.byte 0\n.size " name ", . - " name "\n.popsection\n")

HTML_TEXT("html_text_style", "harness/report/page/page.css");
HTML_TEXT("html_text_script", "harness/report/page/page.js");
