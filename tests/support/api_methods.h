// The methods of the API, by reflection: for tests that must miss none.
#pragma once

#include <google/protobuf/descriptor.h>

#include <vector>

namespace windrow::testing {

// Of every service in proto/windrow/v1. A file that is not linked is a failure of the
// test.
std::vector<const google::protobuf::MethodDescriptor*> ApiMethods();

}  // namespace windrow::testing
