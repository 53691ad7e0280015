#include <boost/asio.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/url_view.hpp>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/result.h"
#include "net/internal/socket.h"
