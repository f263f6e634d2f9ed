//! Only a grant lays out rights to hand on. An attenuation can keep them or use one, and add none.

use permitgate::prelude::*;
use permitgate::authority::Attenuation;
use permitgate::model::Operations;

fn main() {
    let all = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
    let policy = Policy::new([all]).unwrap();
    let _ = Attenuation::new().hand_on("everything", policy);
}
