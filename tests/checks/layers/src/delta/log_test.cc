#include <gtest/gtest.h>

#include "base/testing/matchers.h"
#include "storage/testing/fake_store.h"
#include "net/testing/fake_server.h"  // WRONG: below, but not declared
