#include <boost/json/value.hpp>
#include <spdlog/spdlog.h>

#include <string>

#include "base/internal/table.h"
#include "base/result.h"
// #include "net/http.h" in a comment does not count
