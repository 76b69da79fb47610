// ncurses as Swift can call it. Swift cannot import what curses defines by macros and variables of library type, so
// each of those has a small function or constant here.
#ifndef WARREN_CNCURSES_SHIM_H
#define WARREN_CNCURSES_SHIM_H

// No feature-test macro here: system types must look as they do in Swift's own module of the C library.
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

// -- What curses keeps in variables and macros

static inline WINDOW *warren_stdscr(void) { return stdscr; }
static inline int warren_lines(void) { return LINES; }
static inline int warren_columns(void) { return COLS; }
static inline int warren_colors(void) { return COLORS; }
static inline int warren_color_pairs(void) { return COLOR_PAIRS; }
static inline SCREEN *warren_newterm(const char *term, FILE *output) { return newterm(term, output, stdin); }
static inline void warren_clear_on_next_draw(void) { clearok(curscr, TRUE); }

static const uint32_t warren_a_bold = A_BOLD;
static const uint32_t warren_a_dim = A_DIM;
static const uint32_t warren_a_underline = A_UNDERLINE;
static const uint32_t warren_a_reverse = A_REVERSE;
static const uint32_t warren_a_italic = A_ITALIC;

static const int warren_key_f0 = KEY_F0;

static const uint32_t warren_all_mouse_events = ALL_MOUSE_EVENTS;
static const uint32_t warren_left_pressed = BUTTON1_PRESSED | BUTTON1_CLICKED;
static const uint32_t warren_middle_pressed = BUTTON2_PRESSED | BUTTON2_CLICKED;
static const uint32_t warren_right_pressed = BUTTON3_PRESSED | BUTTON3_CLICKED;
static const uint32_t warren_wheel_up = BUTTON4_PRESSED;
static const uint32_t warren_wheel_down = BUTTON5_PRESSED;
static const uint32_t warren_released = BUTTON1_RELEASED | BUTTON2_RELEASED | BUTTON3_RELEASED;

// tigetstr answers (char *)-1 where the name is no string capability.
static inline const char *warren_capability(const char *name) {
    const char *value = tigetstr(name);
    return value == (const char *)-1 ? NULL : value;
}

// -- The row writer

// One cell: a letter with at most two combining marks (0 for none), attributes (A_*), a colour pair and the columns it
// takes, 0 for the right half of a wide letter.
struct warren_cell {
    uint32_t text[3];
    uint32_t attributes;
    int32_t pair;
    int32_t width;
};

// Writes cells of one row to the standard window. A letter whose width the C library sees otherwise would shift
// the rest of the row: question marks take its place.
static inline void warren_write_cells(int row, int column, const struct warren_cell *cells, int count) {
    enum { CHUNK = 128 };
    cchar_t buffer[CHUNK];
    int filled = 0, start = column;
    for (int i = 0; i < count; i++) {
        if (cells[i].width == 0) { column++; continue; }
        if (filled + 2 > CHUNK) {
            mvwadd_wchnstr(stdscr, row, start, buffer, filled);
            filled = 0;
            start = column;
        }
        wchar_t text[4] = {(wchar_t)cells[i].text[0], (wchar_t)cells[i].text[1], (wchar_t)cells[i].text[2], 0};
        int pair = cells[i].pair;
        int fits = text[0] >= 32 && (text[0] < 127 || wcwidth(text[0]) == cells[i].width);
        for (int mark = 1; mark < 3; mark++)
            if (text[mark] != 0 && wcwidth(text[mark]) != 0) text[mark] = 0;
        if (!fits || setcchar(&buffer[filled], text, cells[i].attributes, 0, &pair) == ERR) {
            for (int n = 0; n < cells[i].width; n++, filled++)
                setcchar(&buffer[filled], L"?", cells[i].attributes, 0, &pair);
        } else {
            filled++;
        }
        column++;
    }
    if (filled > 0) mvwadd_wchnstr(stdscr, row, start, buffer, filled);
}

// -- Signals and wake-ups

static inline int warren_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline int warren_signalfd(const sigset_t *signals) { return signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC); }

// The next signal of a signalfd; 0 when there is none.
static inline int warren_next_signal(int descriptor) {
    struct signalfd_siginfo info;
    return read(descriptor, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

// Installs a handler that runs once at a time (on the alternate stack of a thread that has one); keeps the old one.
static inline int warren_handle_signal(int signal, void (*handler)(int), struct sigaction *old) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    return sigaction(signal, &action, old);
}

static inline int warren_restore_signal(int signal, const struct sigaction *old) { return sigaction(signal, old, NULL); }

static inline int warren_default_signal(int signal) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    return sigaction(signal, &action, NULL);
}

// The size of the terminal behind a descriptor; 0 when it has none.
static inline int warren_window_size(int descriptor, int *columns, int *rows) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return 0;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 1;
}

// Bytes waiting to be read; -1 on error.
static inline int warren_bytes_waiting(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) == 0 ? count : -1;
}

#endif
