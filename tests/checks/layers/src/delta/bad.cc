#include "net/http.h"  // WRONG: below, but not declared
#include "base/result.h"  // WRONG: below, but not declared
#include <duckdb.h>  // WRONG: engine owns it
#include <pugixml.hpp>  // WRONG: storage owns it
#include <jwt/jwt.hpp>  // WRONG: auth owns it
