#include "base/result.h"
#include "net/http.h"  // WRONG: a room above
#include <openssl/evp.h>  // WRONG: only base/crypto in base
#include <boost/asio.hpp>  // WRONG: net owns it
