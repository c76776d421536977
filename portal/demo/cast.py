"""Who works at the demo company, a parcel and machine-service house in the north."""

from portal.demo.story import Person

PASSWORD = "throughline-demo"  # noqa: S105  # shown on the sign-in page; used only where DEMO is on

DEPARTMENTS = {
    "parcels": "Parcel Operations",
    "service": "Customer Service",
    "works": "Manufacturing",
    "supply": "Supply and Spare Parts",
    "sales": "Sales",
    "lab": "Model Lab",
    "data": "Data Office",
    "finance": "Finance",
}

CAST = (
    Person("katrin.vogel", "manager", "Portfolio manager", "lab", is_admin=True),
    Person("ruben.castillo", "finance", "Head of controlling", "finance"),
    Person("lena.hoffmann", "engineer", "Lead engineer", "lab"),
    Person("paul.adeyemi", "engineer", "Machine-learning engineer", "lab"),
    Person("mei.tanaka", "engineer", "Data owner", "data"),
    Person("tomasz.nowak", "engineer", "Demand planner", "supply"),
    Person("ingrid.solberg", "engineer", "Quality engineer", "works"),
    Person("marco.bianchi", "engineer", "Process owner, invoices", "finance"),
    Person("karin.lindqvist", "engineer", "Maintenance engineer", "works"),
    Person("sofia.marques", "engineer", "Retention lead", "sales"),
    Person("daniel.okafor", "engineer", "Pricing analyst", "sales"),
    Person("vera.blank", "viewer", "Works council", "parcels"),
)
