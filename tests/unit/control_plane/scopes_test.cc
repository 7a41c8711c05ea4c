#include "services/control_plane/scopes.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>

#include <map>
#include <regex>

#include "tests/support/api_methods.h"
#include "windrow/v1/api_key.pb.h"

namespace windrow::control_plane {
namespace {

using domain::Scope;

// Every method of every service in proto/windrow/v1, by its own name.
std::map<std::string, const google::protobuf::MethodDescriptor*> Methods() {
  std::map<std::string, const google::protobuf::MethodDescriptor*> methods;
  for (const auto* method : testing::ApiMethods()) {
    EXPECT_TRUE(methods.emplace(method->name(), method).second)
        << "two services have a method " << method->name();
  }
  return methods;
}

TEST(ScopesTest, EveryMethodOfTheApiHasOne) {
  const auto methods = Methods();
  EXPECT_GE(methods.size(), 36u);
  for (const auto& [name, method] : methods) {
    EXPECT_TRUE(ScopeOf(name)) << method->full_name() << " is not in scopes.cc";
  }
  EXPECT_FALSE(ScopeOf("NoSuchMethod"));
}

// A name that says that it reads is for readers, one that says publish for publishers,
// and nothing else is for either. Keys are for their admins alone.
TEST(ScopesTest, OnlyWhatReadsIsForReaders) {
  const std::regex reads("(Get|List|Watch|Explain|Preview).*");
  const std::regex publishes("(Batch)?Publish.*");
  const std::regex keys(".*ApiKeys?");
  for (const auto& [name, method] : Methods()) {
    Scope wanted = Scope::kAdmin;
    if (std::regex_match(name, reads)) wanted = Scope::kRead;
    if (std::regex_match(name, publishes)) wanted = Scope::kPublish;
    if (std::regex_match(name, keys)) wanted = Scope::kAdmin;
    EXPECT_EQ(ScopeOf(name), wanted) << name;
  }
}

}  // namespace
}  // namespace windrow::control_plane
