#include "delta/log.h"  // WRONG: a room above
#include <sqlite3.h>  // WRONG: db owns it
#include <curl/curl.h>  // WRONG: net owns it
#include <openssl/sha.h>  // WRONG: base/crypto or net
