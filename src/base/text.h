/*
 * text.h: words and numbers for people, and foreign text made harmless for a
 * terminal. Strings returned are owned by the caller.
 */
#ifndef MC_TEXT_H
#define MC_TEXT_H

#include "base/buf.h"

/* Foreign text for one terminal line: invalid UTF-8 becomes U+FFFD; ESC, C0,
 * C1, CR, BS and bidi controls are shown as \x1b or <U+202E>. Newlines and
 * tabs stay only when keep_newlines is set. Adds to out. */
void text_safe(struct buf *out, const char *s, size_t n, bool keep_newlines);
char *text_safe_line(const char *s) MC_NODISCARD; /* first line only, at most 160 characters */

/* The code point at the start of s (n > 0 bytes): its length in bytes, 0 when invalid UTF-8. */
size_t text_decode(const char *s, size_t n, uint32_t *cp);
/* Changes the direction or order in which text is shown, or is a line end or mark that is not seen. */
bool text_is_bidi_control(uint32_t cp);

char *text_count(uint64_t n) MC_NODISCARD;          /* 1640 -> "1,640" */
char *text_duration(double seconds) MC_NODISCARD;   /* "0.4 s", "31 s", "4 min 12 s", "2 h 3 min" */
char *text_clock(double seconds) MC_NODISCARD;      /* "4:12", "1:02:03" */
char *text_bytes(uint64_t bytes) MC_NODISCARD;      /* "2.1 GB", decimal units */
size_t text_width(const char *s);                   /* columns; counts code points, zero for combining marks */
/* The URL with user and password replaced by "***". */
char *text_hide_credentials(const char *url) MC_NODISCARD;
/* A text with all URLs in it treated so. */
char *text_hide_credentials_in(const char *text) MC_NODISCARD;
/* s as one word of a shell's command line: as it is where no character of it means anything, else quoted. */
char *text_shell_word(const char *s) MC_NODISCARD;
char *text_shown_word(const char *s) MC_NODISCARD; /* the same, with text_hide_credentials_in() first: fit to be kept and shown */
int percent_byte(const char *s);   /* "%2F...": the byte that the pair stands for, 0 to 255; -1 where s does not begin with such a pair */
bool is_sha256_hex(const char *s); /* exactly 64 lower-case hex digits */
size_t text_edit_distance(const char *a, const char *b); /* Levenshtein; for near names */

uint64_t now_monotonic_ns(void);  /* CLOCK_MONOTONIC: for differences only; stands still while the machine sleeps */
char *now_utc(void) MC_NODISCARD; /* "2026-11-22T15:04:05Z" */

#endif
