/*
 * admin.h - `v2g-csms admin ...`: what has to work before anybody has a token, and when no server runs.
 *
 * It talks to the database only; a running server learns of changes by NOTIFY.
 */
#ifndef V2G_CSMS_ADMIN_H
#define V2G_CSMS_ADMIN_H

/* argv[0] is the word "admin".  The exit status: 0 done, 1 failed, 2 wrongly called. */
int admin_main(int argc, char **argv);

#endif
