#include <vector>  // WRONG: src/attic is no room
