#include "common/domain/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace windrow::domain {
namespace {

using testing::Eq;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;

Catalogue CatalogueOf(std::initializer_list<std::string> names) {
  Catalogue catalogue(UnknownTypes::kRefuse);
  for (const std::string& name : names) catalogue.Add(name, {});
  return catalogue;
}

TEST(CatalogueTest, FindsTypesByExactBytes) {
  const Catalogue catalogue = CatalogueOf({"ticket.created", ""});
  EXPECT_NE(catalogue.Find("ticket.created"), nullptr);
  EXPECT_NE(catalogue.Find(""), nullptr);
  EXPECT_EQ(catalogue.Find("Ticket.created"), nullptr);
  EXPECT_EQ(catalogue.Find("ticket"), nullptr);
}

TEST(CatalogueTest, ANewOneLearns) {
  EXPECT_EQ(Catalogue().unknown(), UnknownTypes::kLearn);
  EXPECT_EQ(Catalogue().Nearest("ticket.created"), std::nullopt);
}

TEST(CatalogueTest, TheNearestNameIsASlipAway) {
  const Catalogue catalogue =
      CatalogueOf({"ticket.created", "ticket.closed", "ticket.updated", "sla"});
  EXPECT_THAT(catalogue.Nearest("ticket.closd"), Optional(Eq("ticket.closed")));
  EXPECT_THAT(catalogue.Nearest("ticket.close"), Optional(Eq("ticket.closed")));
  EXPECT_THAT(catalogue.Nearest("ticket.closedd"), Optional(Eq("ticket.closed")));
  EXPECT_THAT(catalogue.Nearest("TicketCreated"), Optional(Eq("ticket.created")));
  EXPECT_THAT(catalogue.Nearest("icket.upated"), Optional(Eq("ticket.updated")));
  EXPECT_THAT(catalogue.Nearest("tickets.updates"), Optional(Eq("ticket.updated")));
  EXPECT_THAT(catalogue.Nearest("slaa"), Optional(Eq("sla")));
}

TEST(CatalogueTest, NothingIsNearWhatIsOtherwise) {
  const Catalogue catalogue = CatalogueOf({"ticket.created", "sla"});
  for (const char* other :
       {"order.paid", "ticket", "", "x", "tkcet.craetedd", "s", "ticket.created.today"}) {
    EXPECT_EQ(catalogue.Nearest(other), std::nullopt) << other;
  }
}

TEST(CatalogueTest, OfEquallyNearNamesTheFirstIsTaken) {
  EXPECT_THAT(CatalogueOf({"ab3", "ab1", "ab2"}).Nearest("ab9"), Optional(Eq("ab1")));
  EXPECT_THAT(CatalogueOf({"abc1", "abcd"}).Nearest("abcd"), Optional(Eq("abcd")));
}

TEST(CatalogueTest, TheRuleNamesTheNearestAndTheWayOut) {
  EXPECT_EQ(UnknownTypeRule("ticket.closd", "ticket.closed"),
            "\"ticket.closd\" is no event type of the catalogue (did you mean "
            "\"ticket.closed\"?): create it, or let unknown types be learned");
  EXPECT_THAT(UnknownTypeRule("x", std::nullopt), Not(HasSubstr("did you mean")));
}

}  // namespace
}  // namespace windrow::domain
