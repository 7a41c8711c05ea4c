// Whether two JSON values are the same.
#pragma once

#include "common/domain/event_document.h"
#include "common/json/document.h"

namespace windrow::domain {

// Numbers as decimals, texts by bytes or, with ignore_case, folded; objects without
// regard to the order of keys, which compare by bytes. The values may be of any
// documents; `texts` lends its buffers, both slots. Time is linear in the values;
// allocates only for objects of more than 16 members in different orders, and for keys
// that hold escapes.
bool SameValue(const json::Value& a, const json::Value& b, bool ignore_case,
               EventDocument* texts);

}  // namespace windrow::domain
