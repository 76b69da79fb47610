// ncurses as Swift can call it. Swift cannot import what curses defines by macros and variables of library type, so
// each of those has a small function or constant here.
#ifndef WARREN_CNCURSES_SHIM_H
#define WARREN_CNCURSES_SHIM_H

#define _GNU_SOURCE 1
#define _XOPEN_SOURCE_EXTENDED 1
#define NCURSES_WIDECHAR 1
// Macros such as move() and refresh() would hide the functions, and `bool` is the compiler's.
#define NCURSES_NOMACROS 1

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include <ncursesw/curses.h>
#include <ncursesw/term.h>

// term.h defines words like `lines` and `columns` as macros of the current terminal; Swift must not see them.
#undef lines
#undef columns
#undef tab
#undef bell

#endif
