#include <simdjson.h>
#include <zstd.h>

#include "storage/store.h"
