//! A template that names its image by a public parameter of Systems Manager. The emulator does not know of these: EC2's
//! answers are put in by hand, as its reference has them.

use app::model::refs::{Refs, TemplateRef};
use openpcs_provider_aws::offers::Offers;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::canned::http;
use crate::lossy::read_request;
use crate::offers::aws;

const PARAMETER: &str =
    "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const IMAGE: &str = "ami-0123456789abcdef0";

fn version(image: &str) -> String {
    format!(
        "<DescribeLaunchTemplateVersionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId>\
         <launchTemplateName>lt</launchTemplateName><versionNumber>1</versionNumber>\
         <launchTemplateData><imageId>{image}</imageId></launchTemplateData></item></launchTemplateVersionSet>\
         </DescribeLaunchTemplateVersionsResponse>"
    )
}

#[tokio::test]
async fn an_image_of_a_public_parameter_is_told_as_the_one_that_it_means() {
    let ec2 = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = ec2.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = ec2.accept().await {
            let request = read_request(&mut client).await.unwrap();
            let is_resolved = String::from_utf8_lossy(&request).contains("ResolveAlias=true");
            let answer = version(if is_resolved { IMAGE } else { PARAMETER });
            client
                .write_all(http(200, &answer).as_bytes())
                .await
                .unwrap();
        }
    });
    let template = TemplateRef {
        id: "lt-1".into(),
        version: "1".into(),
    };
    let refs = Refs {
        launch_templates: [template].into(),
        ..Refs::default()
    };
    let offers = Offers::new(aws(address).await, vec![]);
    let found = offers.resolve(&refs).await.unwrap();
    let version = &found.launch_templates[0].versions[0];
    assert_eq!(version.image_id.as_deref(), Some(IMAGE));
}
