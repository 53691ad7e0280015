#include <CLI/CLI.hpp>
#include <boost/json.hpp>  // WRONG: base owns it

#include "delta/log.h"
#include "server/serve.h"
